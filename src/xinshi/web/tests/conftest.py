"""One person per role; volunteer, leader and coordinator have passbooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta

import pytest
from django.test import Client

from xinshi.activities.actions import create_activity
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.bank.actions import open_passbooks
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.organizations.models import Organization
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

SYSTEM = Actor.system("tests")
NAMES = {Role.VOLUNTEER: "林小雨", Role.LEADER: "周文", Role.COORDINATOR: "陈静"}


@dataclass(frozen=True)
class Cast:
    users: dict[Role, User]

    def actor(self, role: Role) -> Actor:
        return actor_for(self.users[role])

    def client(self, role: Role | None, *, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        if role is not None:
            client.force_login(self.users[role], "xinshi.people.authentication.UserNameOrPhoneBackend")
        return client


@pytest.fixture
def cast(db: None) -> Cast:
    ids = register_people(actor=SYSTEM, people=[NewPerson(name=name) for name in NAMES.values()])
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
    person_of = dict(zip(NAMES, ids, strict=True))
    roles = {role: frozenset({role, Role.VOLUNTEER} if role in NAMES else {role}) for role in Role}
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=role.value, password=None, person_id=person_of.get(role), roles=roles[role])
            for role in Role
        ],
    )
    return Cast({role: User.objects.get(username=role.value) for role in Role})


@pytest.fixture
def publish(cast: Cast) -> Callable[..., int]:
    """A published activity of one shift that begins in `days` days at `hour`; its shift's id."""

    def make(title: str, *, days: int = 1, hour: int = 9, places: int = 2) -> int:
        department, _ = Organization.objects.get_or_create(
            name="门诊部", defaults={"kind": Organization.Kind.DEPARTMENT, "created_at": clock.now()}
        )
        starts_at = clock.at_local(clock.today() + timedelta(days=days), time(hour))
        person_in_charge = cast.users[Role.LEADER].person_id
        assert person_in_charge is not None
        created = create_activity(
            actor=SYSTEM,
            activity=NewActivity(
                title=title,
                category="0004",
                place="门诊楼一楼大厅",
                organizer_id=department.pk,
                person_in_charge_id=person_in_charge,
                shifts=(NewShift(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), places=places),),
                state="published",
                hours_kind=HoursKind.VERIFIED,
            ),
        )
        return created.shift_ids[0]

    return make
