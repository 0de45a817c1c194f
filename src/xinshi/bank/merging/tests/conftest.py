"""Two records of one person, and the two coordinators who merge them."""

from __future__ import annotations

import pytest

from xinshi.bank.actions import open_passbooks
from xinshi.bank.merging.actions import confirm_merge, propose_merge
from xinshi.bank.models import Passbook
from xinshi.bank.tests.conftest import SYSTEM, Cast, Somebody, bank_checks, cast, put_in
from xinshi.kernel.actor import Actor, Role
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

__all__ = ["bank_checks", "cast", "put_in"]


@pytest.fixture
def second_coordinator(cast: Cast) -> Actor:
    new = NewUser(username="qian", password=None, person_id=None, roles=frozenset({Role.COORDINATOR}))
    create_users(actor=SYSTEM, users=[new])
    return actor_for(User.objects.get(username="qian"))


def person_with_passbook(name: str = "李明", *, opens: bool = True, **fields: object) -> int:
    [person_id] = register_people(actor=SYSTEM, people=[NewPerson(name=name, **fields)])  # type: ignore[arg-type]
    if opens:
        open_passbooks(actor=SYSTEM, person_ids=[person_id], opened_through="station")
    return person_id


def passbook_of(person_id: int) -> Passbook:
    return Passbook.objects.get(person_id=person_id)


def merge(cast: Cast, second: Actor, *, stays: Somebody | int, goes: Somebody | int) -> int:
    """Proposed by one coordinator, confirmed by the other; returns the minutes that moved."""
    stays_id = stays if isinstance(stays, int) else stays.person_id
    goes_id = goes if isinstance(goes, int) else goes.person_id
    merge_id = propose_merge(actor=cast.coordinator.actor, stays_id=stays_id, goes_id=goes_id, reason="证件同号")
    return confirm_merge(actor=second, merge_id=merge_id)
