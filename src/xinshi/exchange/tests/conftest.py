"""A small cast with passbooks, and files of 志愿汇 made to order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Final

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from xinshi.bank.actions import NewDeposit, deposit_many, open_passbooks
from xinshi.bank.models import Deposit, Passbook
from xinshi.documents.workbook import write_workbook
from xinshi.exchange.actions import ImportReport, import_zhiyuanhui
from xinshi.exchange.models import ImportLine
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.clock import HOSPITAL_ZONE
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.models import Transfer
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, give_consent, register_people
from xinshi.people.domain import ZHIYUANHUI
from xinshi.people.models import User

SYSTEM: Final = Actor.system("tests")
DATA: Final = Path(__file__).parent / "data"
ROSTER: Final = Path(__file__).parents[2] / "bank" / "roster" / "tests" / "data" / "roster.xlsx"
HONORARY: Final = ("序号", "姓名*", "志愿者编号*", "荣誉时数值*", "补录原因*")
DETAIL: Final = ("活动名称", "姓名", "志愿者编号", "签到时间", "签退时间", "信用时数")
SUMMARY: Final = ("姓名", "志愿者编号", "信用时数")
NOW: Final = datetime(2026, 11, 20, 10, 0, tzinfo=HOSPITAL_ZONE)


@dataclass(frozen=True)
class Somebody:
    user: User
    name: str
    number: str

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    @property
    def person_id(self) -> int:
        assert self.user.person_id is not None
        return self.user.person_id

    @property
    def client(self) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(self.user, backend="xinshi.people.authentication.UserNameOrPhoneBackend")
        return client

    @property
    def certified(self) -> int:
        return Passbook.objects.get(person_id=self.person_id).certified_minutes


@dataclass(frozen=True)
class Cast:
    """李 and 王 volunteer; 周 coordinates and volunteers; 吴 audits; 郑 administers."""

    li: Somebody
    wang: Somebody
    coordinator: Somebody
    auditor: Somebody
    administrator: Somebody


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    """It is a Friday in November, after everything in the files."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def make_cast() -> Cast:
    roles = {
        "li": ("李明", Role.VOLUNTEER),
        "wang": ("王芳", Role.VOLUNTEER),
        "coordinator": ("周敏", Role.COORDINATOR),
        "auditor": ("吴刚", Role.AUDITOR),
        "administrator": ("郑洁", Role.ADMINISTRATOR),
    }
    numbers = [f"8{index:017d}" for index in range(len(roles))]
    ids = register_people(
        actor=SYSTEM,
        people=[
            NewPerson(name=name, volunteer_number=number)
            for (name, _), number in zip(roles.values(), numbers, strict=True)
        ],
    )
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=key, password=None, person_id=person_id, roles=frozenset({role}))
            for (key, (_, role)), person_id in zip(roles.items(), ids, strict=True)
        ],
    )
    return Cast(
        **{
            key: Somebody(User.objects.get(username=key), name, number)
            for (key, (name, _)), number in zip(roles.items(), numbers, strict=True)
        }
    )


@pytest.fixture
def members(db: None) -> None:
    """The 120 people of the hospital's roster."""
    call_command("import_volunteers", str(ROSTER), "--json", stdout=Silent())


class Silent:
    def write(self, text: str) -> None:
        """Say nothing."""


def honorary(*rows: Sequence[str]) -> bytes:
    """(name, number, hours, reason) as the honorary template."""
    return write_workbook(
        sheet_name="Sheet1",
        headers=HONORARY,
        rows=[(str(index), *row) for index, row in enumerate(rows, start=1)],
        preamble=("志愿者荣誉时数-志愿者编号导入模板", "说明：带*为必填"),
    )


def detail(*rows: Sequence[str]) -> bytes:
    """(title, name, number, start, end, hours) as an export of verified hours."""
    return write_workbook(sheet_name="信用时数", headers=DETAIL, rows=rows, preamble=("某队 信用时数明细",))


def summary(*rows: Sequence[str]) -> bytes:
    return write_workbook(sheet_name="汇总", headers=SUMMARY, rows=rows)


def take(data: bytes, *, actor: Actor = SYSTEM, file_name: str = "file.xlsx", dry_run: bool = False) -> ImportReport:
    return import_zhiyuanhui(actor=actor, data=data, file_name=file_name, dry_run=dry_run)


def outcome(report: ImportReport) -> dict[str, object]:
    """The counts that are not nought, rejections by row and code; every row stands in exactly one of them."""
    figures = report.as_json()
    counted = ("credited", "no_sign_out", "held_back", "already_known", "unmatched")
    assert sum(figures[name] for name in counted) + len(report.rejected) == report.rows
    found: dict[str, object] = {name: figures[name] for name in (*counted, "minutes") if figures[name]}
    if report.rejected:
        found["rejected"] = [(one.row, one.code) for one in report.rejected]
    return found


def held() -> list[int]:
    return list(ImportLine.objects.filter(state="held_back").order_by("pk").values_list("pk", flat=True))


def written() -> tuple[int, int, int]:
    """How much stands in the book and in this room; a refusal changes none of it."""
    return Deposit.objects.count(), Transfer.objects.count(), ImportLine.objects.filter(state="held_back").count()


@dataclass
class Bank:
    """Deposits of service rendered here, and consents to the exchange."""

    sources: Iterator[int] = field(default_factory=lambda: count(1))

    def served(self, who: Somebody, minutes: int, *, day: date = date(2026, 10, 5), title: str = "门诊导医") -> int:
        new = NewDeposit(
            person_id=who.person_id,
            kind=HoursKind.VERIFIED,
            category="0004",
            title=title,
            organizer="门诊部",
            raw_minutes=minutes,
            worked_on=day,
            source_ref=f"service-record:{next(self.sources)}",
        )
        return deposit_many(actor=SYSTEM, deposits=[new])[0].deposit_id

    @staticmethod
    def agrees(who: Somebody) -> None:
        give_consent(actor=SYSTEM, person_id=who.person_id, purpose=ZHIYUANHUI)


@pytest.fixture
def bank(cast: Cast) -> Bank:
    return Bank()


Jobs = list[Callable[[], object]]
