"""The nightly reconciliation: when it is due, never two at once, what is kept of it, and who is alarmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.ledger import checking
from xinshi.ledger.domain import VerificationRunning
from xinshi.ledger.models import Balance, Reconciliation, ReconciliationClaim
from xinshi.ledger.tasks import verify_nightly
from xinshi.ledger.tests.conftest import Book

SYSTEM = Actor.system("tests")
AUDITOR = Actor("user:1", user_id=1, roles=frozenset({Role.AUDITOR}))
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
"""Noon where the hospital stands."""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the hospital's clock, in March."""
    return datetime(2026, 3, day, hour, minute, tzinfo=clock.HOSPITAL_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (at(5, 12), None, True),
        (at(5, 12), at(5, 3), False),
        (at(6, 1, 59), at(5, 3), False),
        (at(6, 2), at(5, 3), True),
        (at(6, 4, 59), at(6, 1, 59), True),
        (at(6, 3), at(6, 2), False),
        (at(6, 5), at(5, 12), False),
        (at(6, 5), at(5, 5), True),
        (at(6, 12), at(5, 12), True),
        (at(6, 11, 59), at(5, 12), False),
    ],
)
def test_is_due_once_a_night_or_after_a_whole_day(now: datetime, last: datetime | None, *, due: bool) -> None:
    assert checking.is_due(now, last) is due


def test_runs_once_a_night_and_keeps_what_it_found(book: Book, seal_now: Callable[[], int]) -> None:
    book.deposit("d1", 0, 60)
    seal_now()
    with time_machine.travel(at(6, 2, 30), tick=False):
        assert verify_nightly() is True
        assert verify_nightly() is None
    kept = Reconciliation.objects.get()
    assert (kept.ok, kept.first_difference, kept.transfers, kept.seal_n) == (True, "", 1, 1)
    assert len(kept.seal_hash) == 64
    assert kept.actor_ref == "system:nightly verification"
    assert AuditEntry.objects.filter(action="ledger.verify").count() == 1
    assert not ReconciliationClaim.objects.exists()


def test_names_what_differs_and_goes_on_saying_so_until_it_agrees_again(book: Book) -> None:
    book.deposit("d1", 0, 60)
    Balance.objects.filter(account_id=book.people[0]).update(posted=61)
    assert verify_nightly() is False
    assert f"account {book.people[0]}: balance 61, entries 60" in Reconciliation.objects.get().first_difference
    assert checking.book_is_right() is False
    alarm = checking.alarm_for(AUDITOR)
    assert alarm is not None
    assert alarm.why == "differs"
    Balance.objects.filter(account_id=book.people[0]).update(posted=60)
    assert checking.check_book(actor=SYSTEM).ok
    assert checking.book_is_right() is True
    assert checking.alarm_for(AUDITOR) is None


def test_never_two_at_once(book: Book) -> None:
    ReconciliationClaim.objects.create(id=1, claimed_at=clock.now(), claimed_by="elsewhere")
    assert verify_nightly() is None
    with pytest.raises(VerificationRunning):
        checking.check_book(actor=AUDITOR)
    assert Reconciliation.objects.count() == 0
    assert ReconciliationClaim.objects.get().claimed_by == "elsewhere"


def test_takes_over_from_a_process_that_died(book: Book) -> None:
    long_ago = clock.now() - timedelta(minutes=16)
    ReconciliationClaim.objects.create(id=1, claimed_at=long_ago, claimed_by="dead")
    assert verify_nightly() is True
    assert not ReconciliationClaim.objects.exists()


def test_whoever_waited_for_the_claim_looks_again_whether_it_is_due(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([True, False])
    monkeypatch.setattr(checking, "is_due", lambda *_: next(answers))
    assert verify_nightly() is None
    assert Reconciliation.objects.count() == 0
    assert not ReconciliationClaim.objects.exists()


def test_alarms_where_nobody_looked_for_more_than_a_day(book: Book) -> None:
    assert checking.book_is_right() is None
    assert checking.alarm_for(AUDITOR) is None, "before the first time nobody is alarmed"
    with time_machine.travel(NOON, tick=False):
        assert verify_nightly() is True
    with time_machine.travel(NOON + timedelta(hours=26), tick=False):
        assert checking.alarm_for(AUDITOR) is None
        assert checking.book_is_right() is True
    with time_machine.travel(NOON + timedelta(hours=26, seconds=1), tick=False):
        alarm = checking.alarm_for(AUDITOR)
        assert alarm is not None
        assert alarm.why == "stale"
        assert checking.book_is_right() is None


@pytest.mark.parametrize("role", list(Role))
def test_the_alarm_is_for_those_who_run_the_bank(book: Book, role: Role) -> None:
    Balance.objects.filter(account_id=book.people[0]).update(posted=1)
    verify_nightly()
    actor = Actor("user:2", user_id=2, roles=frozenset({role}))
    told = {Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR}
    assert (checking.alarm_for(actor) is not None) == (role in told)


def test_a_failing_verification_gives_its_claim_back(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(checking, "verify", fail)
    with pytest.raises(RuntimeError):
        verify_nightly()
    assert not ReconciliationClaim.objects.exists()


def test_the_database_keeps_one_claim_only(book: Book) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_reconciliation_claim (id, claimed_at, claimed_by) VALUES (2, '2026-01-01 00:00:00', 'x')"
        )
