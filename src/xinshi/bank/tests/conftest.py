"""A small cast of people with passbooks, and a way to put hours into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count

import pytest
from django.test import Client

from xinshi.bank.actions import NewDeposit, deposit_many, open_passbooks, propose_policy, put_policy_in_force
from xinshi.bank.models import Passbook
from xinshi.bank.rules import Rules
from xinshi.bank.verification import register_checks
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.ledger import verification
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

SYSTEM = Actor.system("tests")


@dataclass
class Somebody:
    """A person with a sign-in: acts through `actor`, browses through `client`."""

    user: User

    @property
    def person_id(self) -> int:
        assert self.user.person_id is not None
        return self.user.person_id

    @property
    def passbook(self) -> Passbook:
        return Passbook.objects.select_related("person").get(person_id=self.person_id)

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    @property
    def client(self) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(self.user, backend="xinshi.people.authentication.UserNameOrPhoneBackend")
        return client


@dataclass
class Cast:
    """李 and 王 volunteer; 陈 leads; 周 coordinates; 孙 is the clerk; 吴 audits; 郑 and 冯 administer."""

    volunteer: Somebody
    second: Somebody
    leader: Somebody
    coordinator: Somebody
    clerk: Somebody
    auditor: Somebody
    administrator: Somebody
    other_administrator: Somebody

    def of_role(self, role: str) -> Somebody:
        found = getattr(self, role)
        assert isinstance(found, Somebody)
        return found


@pytest.fixture
def cast(db: None) -> Cast:
    roles = {
        "volunteer": ("李明", Role.VOLUNTEER),
        "second": ("王芳", Role.VOLUNTEER),
        "leader": ("陈静", Role.LEADER),
        "coordinator": ("周敏", Role.COORDINATOR),
        "clerk": ("孙丽", Role.CLERK),
        "auditor": ("吴刚", Role.AUDITOR),
        "administrator": ("郑洁", Role.ADMINISTRATOR),
        "other_administrator": ("冯涛", Role.ADMINISTRATOR),
    }
    people = [NewPerson(name=name, volunteer_number=f"8{index:017d}") for index, (name, _) in enumerate(roles.values())]
    ids = register_people(actor=SYSTEM, people=people)
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
    users = [
        NewUser(username=key, password=None, person_id=person_id, roles=frozenset({role}))
        for (key, (_, role)), person_id in zip(roles.items(), ids, strict=True)
    ]
    create_users(actor=SYSTEM, users=users)
    return Cast(**{key: Somebody(user=User.objects.get(username=key)) for key in roles})


@pytest.fixture
def bank_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconcile ledger and bank only: what rooms above know of partners and vouchers, these tests do not write."""
    monkeypatch.setattr(verification, "_FURTHER", {})
    register_checks()


PutIn = Callable[..., int]


@pytest.fixture
def put_in(cast: Cast) -> PutIn:
    """Deposit minutes for somebody; returns the deposit's id. Each call has a source of its own unless told."""
    sources = count(1)

    def put(who: Somebody, minutes: int = 120, *, partner: str = "", **fields: object) -> int:
        values: dict[str, object] = {
            "kind": HoursKind.VERIFIED,
            "category": "0004",
            "title": "门诊导医",
            "organizer": "门诊部",
            "worked_on": date(2026, 3, 5),
            "source_ref": f"service-record:{next(sources)}",
            **fields,
        }
        new = NewDeposit(person_id=who.person_id, raw_minutes=minutes, **values)  # type: ignore[arg-type]
        return deposit_many(actor=SYSTEM, deposits=[new], partner=partner)[0].deposit_id

    return put


LetHold = Callable[..., int]


@pytest.fixture
def let_hold(db: None) -> LetHold:
    """Put a version with these rules in force from a day on (default: long ago); returns its number."""

    def put(*, since: date = date(2025, 1, 1), **rules: object) -> int:
        number = propose_policy(actor=SYSTEM, rules=Rules(**rules))  # type: ignore[arg-type]
        put_policy_in_force(actor=SYSTEM, number=number, effective_from=since)
        return number

    return put
