"""The cast of the whole-site tests: one sign-in per role, and a client for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client

from xinshi.bank.actions import open_passbooks
from xinshi.kernel.actor import Actor, Role
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people

PASSWORD = "a long enough password 26"


@dataclass(frozen=True)
class Cast:
    """The actors by role; volunteer, leader and coordinator are people with passbooks."""

    actors: dict[Role, Actor]
    sessions: dict[Role, str] = field(default_factory=dict)
    """Keys of sessions that began beforehand."""

    def client(self, role: Role | None) -> Client:
        """A browser in which `role` has signed in; None: nobody."""
        client = Client()
        if role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
            if SESSION_KEY in client.session:  # Whoever asked before in the same test may have ended it.
                return client
        if role is not None:
            from xinshi.people.models import User

            client.force_login(
                User.objects.get(pk=self.actors[role].user_id), "xinshi.people.authentication.UserNameOrPhoneBackend"
            )
        return client


def make_cast() -> Cast:
    system = Actor.system("tests")
    names = {Role.VOLUNTEER: "林小雨", Role.LEADER: "周文", Role.COORDINATOR: "陈静"}
    people = dict(
        zip(
            names,
            register_people(
                actor=system,
                people=[NewPerson(name=name, phone=f"1990001000{n}") for n, name in enumerate(names.values())],
            ),
            strict=True,
        )
    )
    open_passbooks(actor=system, person_ids=list(people.values()), opened_through="station")
    users = create_users(
        actor=system,
        users=[
            NewUser(username=f"{role.value}-1", password=PASSWORD, person_id=people.get(role), roles=frozenset({role}))
            for role in Role
        ],
    )
    return Cast(
        {
            role: Actor(reference=f"user:{pk}", user_id=pk, person_id=people.get(role), roles=frozenset({role}))
            for role, pk in zip(Role, users, strict=True)
        }
    )


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture(scope="module")
def standing_cast(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Cast]:
    """The cast, signed in once for a file of many small tests.

    It is committed, so that each test (with `db`) rolls back to it; after the file the worker's database is made anew.
    """
    with django_db_blocker.unblock():
        cast = make_cast()
        for role in Role:
            cast.sessions[role] = str(cast.client(role).session.session_key)
    yield cast
    with django_db_blocker.unblock():
        django_db_setup.renew()
