"""A shared cast: one person per role, each with a sign-in and a browser whose language is English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.domain import id_check_sign
from xinshi.people.models import ApiToken, Consent, Person, RoleGrant, User

SYSTEM = Actor.system("tests")
PASSWORD = "plum blossom in snow"


def id_number(serial: int = 0, *, born: str = "19900521", sex: int = 2) -> str:
    """An invented number with the right check sign; no place in the country starts with 99."""
    first = f"990000{born}{serial:02d}{sex}"
    return first + id_check_sign(first)


def browser() -> Client:
    return Client(headers={"accept-language": "en"})


@dataclass(frozen=True)
class Somebody:
    """A user; volunteers and leaders have a person."""

    user: User

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    @property
    def person_id(self) -> int:
        assert self.user.person_id is not None
        return self.user.person_id

    @property
    def client(self) -> Client:
        client = browser()
        client.force_login(self.user)
        return client


@dataclass(frozen=True)
class Cast:
    """李 and 王 volunteer, 陈 leads; the others have no person."""

    li: Somebody
    wang: Somebody
    chen: Somebody
    coordinator: Somebody
    clerk: Somebody
    auditor: Somebody
    administrator: Somebody

    def all(self) -> list[Somebody]:
        return [getattr(self, field.name) for field in fields(self)]


PEOPLE = {
    "li": NewPerson(
        name="李明兰",
        sex="2",
        id_kind="01",
        id_number=id_number(1),
        volunteer_number="900000000000000001",
        phone="19900000001",
        area="东湖区",
        skills=("急救",),
        service_categories=("0004",),
    ),
    "wang": NewPerson(name="王芳", id_kind="01", id_number=id_number(2), phone="19900000002", is_public=True),
    "chen": NewPerson(name="陈静", volunteer_number="900000000000000003", phone="19900000003"),
}
ROLES = {
    "li": {Role.VOLUNTEER},
    "wang": {Role.VOLUNTEER},
    "chen": {Role.VOLUNTEER, Role.LEADER},
    "coordinator": {Role.COORDINATOR},
    "clerk": {Role.CLERK},
    "auditor": {Role.AUDITOR},
    "administrator": {Role.ADMINISTRATOR},
}


@pytest.fixture(autouse=True)
def nobody_is_locked_out() -> None:
    cache.clear()


@pytest.fixture
def cast(db: None) -> Cast:
    ids = dict(zip(PEOPLE, register_people(actor=SYSTEM, people=list(PEOPLE.values())), strict=True))
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=name, password=PASSWORD, person_id=ids.get(name), roles=frozenset(roles))
            for name, roles in ROLES.items()
        ],
    )
    return Cast(**{name: Somebody(User.objects.get(username=name)) for name in ROLES})


@pytest.fixture
def time_machine_clock() -> Iterator[time_machine.Coordinates]:
    """The clock, stopped; `shift(seconds)` moves it on."""
    with time_machine.travel(clock.now(), tick=False) as stopped:
        yield stopped


def everything() -> list[object]:
    """All that this room stores and the trail of it: equal before and after where nothing changed."""
    return [
        [
            [(name, value) for name, value in row.items() if name != "last_login"]
            for row in table.objects.order_by("pk").values()
        ]
        for table in (Person, User, RoleGrant, Consent, ApiToken, AuditEntry)
    ]
