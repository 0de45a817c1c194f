"""The cast of attendance, a second coordinator and administrator, and shorthand for asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, Somebody, cast, make_activity
from xinshi.appeals.actions import ask
from xinshi.appeals.domain import Asked, CorrectionKind, NewRequest
from xinshi.appeals.models import CorrectionRequest, Evidence, RequestEvent, RequestPart
from xinshi.attendance.actions import approve
from xinshi.attendance.tests.conftest import MoveTo, Service, at, frozen, service, two_levels, written
from xinshi.bank.actions import open_passbooks
from xinshi.bank.models import Deposit, Passbook
from xinshi.kernel.actor import Role
from xinshi.ledger.models import Hold
from xinshi.ledger.queries import balance
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

__all__ = ["cast", "frozen", "make_activity", "service", "two_levels"]
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200) + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
WEBP = b"RIFF" + (20).to_bytes(4, "little") + b"WEBP" + bytes(16)
REASON = "已核对签到表和照片。"
TEXT = "我十二点才离开，签到表少记了。"


def more_staff(username: str, name: str, role: Role) -> Somebody:
    number = f"7{User.objects.count():017d}"
    (person_id,) = register_people(actor=SYSTEM, people=[NewPerson(name=name, volunteer_number=number)])
    open_passbooks(actor=SYSTEM, person_ids=[person_id], opened_through="station")
    create_users(
        actor=SYSTEM,
        users=[NewUser(username=username, password=None, person_id=person_id, roles=frozenset({role}))],
    )
    return Somebody(user=User.objects.get(username=username), number=number)


@pytest.fixture
def colleague(cast: Cast) -> Somebody:
    """孙丽, a coordinator who has nothing to do with anything."""
    return more_staff("colleague", "孙丽", Role.COORDINATOR)


@pytest.fixture
def second_administrator(cast: Cast) -> Somebody:
    return more_staff("administrator-2", "何平", Role.ADMINISTRATOR)


@dataclass
class Served:
    """A record of 李明's: nine to eleven on the Tuesday, approved by the coordinator 周敏; it is noon."""

    record_id: int
    deposit_id: int
    shift_id: int
    activity_id: int


@pytest.fixture
def served(service: Service, cast: Cast) -> Served:
    shift, (record,) = service.submitted()
    approve(actor=cast.coordinator.actor, record_ids=[record])
    deposit = Deposit.objects.get(source_ref=f"service-record:{record}")
    return Served(record, deposit.pk, shift.shift_id, shift.activity_id)


def ask_for_times(
    who: Somebody,
    served: Served,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    evidence: Sequence[bytes] = (),
) -> int:
    """Nine to ten, unless other times are given."""
    return ask(
        actor=who.actor,
        request=NewRequest(
            kind=CorrectionKind.RECORD,
            subject_ref=f"service-record:{served.record_id}",
            text=TEXT,
            asked=Asked(starts_at=starts_at or at(9), ends_at=ends_at or at(10)),
        ),
        evidence=evidence,
    )


def ask_about_deposit(who: Somebody, deposit_id: int) -> int:
    return ask(
        actor=who.actor,
        request=NewRequest(
            kind=CorrectionKind.DEPOSIT, subject_ref=f"deposit:{deposit_id}", text="这不是我的服务时间。"
        ),
    )


def request_of(pk: int) -> CorrectionRequest:
    return CorrectionRequest.objects.get(pk=pk)


def trail(pk: int) -> list[tuple[str, str]]:
    return list(RequestEvent.objects.filter(request_id=pk).order_by("pk").values_list("what", "actor_role"))


def available(person_id: int) -> int:
    return balance(Passbook.objects.get(person_id=person_id).account_id).available


def everything() -> tuple[object, ...]:
    """Whatever an action of this room could have changed."""
    requests = CorrectionRequest.objects.order_by("pk").values_list(
        "pk", "state", "level", "due_on", "days_left", "hold_id", "decided_by_ref", "new_record_id", "overdue_told_at"
    )
    counts = [table.objects.count() for table in (RequestEvent, Evidence, RequestPart)]
    holds = list(Hold.objects.order_by("pk").values_list("pk", "state"))
    return (list(requests), counts, holds, written())


__all__ += ["MakeActivity", "MoveTo"]
