"""A small cast: a volunteer, a coordinator and an auditor, each with a browser."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from xinshi.kernel.actor import Actor, Role
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
