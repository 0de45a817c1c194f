"""A small cast: a volunteer, a coordinator and an auditor, each with a browser."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from xinshi.kernel.actor import Actor, Role
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.belonging.deciding import set_consent
from xinshi.organizations.models import Organization
from xinshi.organizations.teams import set_leader
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

SYSTEM = Actor.system("tests")


@dataclass(frozen=True)
class Somebody:
    user: User
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
        client.force_login(self.user)
        return client


@dataclass(frozen=True)
class Cast:
    volunteer: Somebody
    coordinator: Somebody
    auditor: Somebody


@pytest.fixture
def cast(db: None) -> Cast:
    roles = [Role.VOLUNTEER, Role.COORDINATOR, Role.AUDITOR]
    numbers = [f"8{place:017d}" for place in range(len(roles))]
    ids = register_people(
        actor=SYSTEM, people=[NewPerson(name=f"人{number[-1]}", volunteer_number=number) for number in numbers]
    )
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=role.value, password=None, person_id=person_id, roles=frozenset({role}))
            for role, person_id in zip(roles, ids, strict=True)
        ],
    )
    people = [
        Somebody(User.objects.get(username=role.value), number) for role, number in zip(roles, numbers, strict=True)
    ]
    return Cast(*people)


@dataclass(frozen=True)
class Partners:
    """Two universities, each with somebody who keeps it and a member; the station and the auditor of `cast`."""

    cast: Cast
    keeper: Somebody
    student: Somebody
    other_keeper: Somebody
    other_student: Somebody
    university: int
    other: int

    def consents(self, somebody: Somebody, *, is_given: bool = True) -> None:
        own = self.university if somebody in (self.keeper, self.student) else self.other
        set_consent(actor=somebody.actor, organization_id=own, is_given=is_given)


@pytest.fixture
def partners(cast: Cast) -> Partners:
    names = ("周晓兰", "吴子涵", "郑文静", "王浩宇")
    numbers = [f"7{place:017d}" for place in range(len(names))]
    ids = register_people(
        actor=SYSTEM,
        people=[
            NewPerson(name=name, volunteer_number=number, phone=f"1380000000{place}", group="student")
            for place, (name, number) in enumerate(zip(names, numbers, strict=True))
        ],
    )
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=number, password=None, person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
            for number, person_id in zip(numbers, ids, strict=True)
        ],
    )
    people = [Somebody(User.objects.get(username=number), number) for number in numbers]
    universities = [
        create_organization(actor=SYSTEM, name=name, kind=Organization.Kind.UNIVERSITY) for name in ("甲大学", "乙大学")
    ]
    for organization, (keeper, student) in zip(universities, (people[:2], people[2:]), strict=True):
        join_many(actor=SYSTEM, memberships=[(keeper.person_id, organization), (student.person_id, organization)])
        set_leader(actor=SYSTEM, organization_id=organization, person_id=keeper.person_id, leads=True)
    return Partners(cast, *people, *universities)
