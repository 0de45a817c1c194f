"""Several desks at once: everybody gets one account, and every passbook its own number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from xinshi.bank.models import Passbook
from xinshi.bank.roster.importing import import_roster
from xinshi.bank.roster.opening import open_account
from xinshi.bank.roster.tests.conftest import SYSTEM, row, volunteer_number, workbook
from xinshi.kernel.errors import DomainError
from xinshi.organizations.models import Organization
from xinshi.people.actions import NewPerson, PersonKnown
from xinshi.people.models import Person

pytestmark = pytest.mark.django_db(transaction=True)
DESKS = 6


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each work returned, or the refusal that it met; all start at the same moment."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait(timeout=30)
        try:
            return work()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def opener(serial: int) -> Callable[[], Any]:
    person = NewPerson(name="李明", volunteer_number=volunteer_number(serial))
    return lambda: open_account(actor=SYSTEM, person=person)


def test_different_people_get_different_numbers() -> None:
    opened = at_once([opener(serial) for serial in range(DESKS)])
    assert len({one.number for one in opened}) == DESKS
    assert Passbook.objects.count() == DESKS


def test_one_person_at_several_desks_gets_one_account() -> None:
    outcomes = at_once([opener(0)] * DESKS)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["OpenedAccount"] + ["PersonKnown"] * (DESKS - 1)
    assert (Person.objects.count(), Passbook.objects.count()) == (1, 1)


def test_the_same_roster_twice_at_once_opens_everything_once() -> None:
    data = workbook([row(serial) for serial in range(20)])
    outcomes = at_once([lambda: import_roster(actor=SYSTEM, data=data, file_name="x.xlsx")] * 2)
    opened = [outcome.accounts for outcome in outcomes if not isinstance(outcome, PersonKnown)]
    assert sum(opened) == 20
    assert (Person.objects.count(), Passbook.objects.count(), Organization.objects.count()) == (20, 20, 1)


def test_two_rosters_that_name_the_same_new_department_both_go_in() -> None:
    files = [workbook([row(serial)]) for serial in range(2)]
    outcomes = at_once([lambda data=data: import_roster(actor=SYSTEM, data=data, file_name="x.xlsx") for data in files])
    assert [outcome.accounts for outcome in outcomes] == [1, 1]
    assert Organization.objects.count() == 1
