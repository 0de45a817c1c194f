"""The dry run tells what then happens: random books, random rules, put in force, with the duties of that day run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.bank.actions import (
    NewDeposit,
    apply_policy,
    deposit_many,
    open_passbooks,
    propose_policy,
    put_policy_in_force,
    reverse_deposit,
)
from xinshi.bank.lots import holdings
from xinshi.bank.models import Passbook, PolicyVersion
from xinshi.bank.policy_effects import PolicyEffect, effect
from xinshi.bank.queries import timeline
from xinshi.bank.rules import Coefficient, Rounding, Rules
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError
from xinshi.ledger import actions as ledger
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Transfer
from xinshi.ledger.queries import balances
from xinshi.ledger.verification import verify
from xinshi.people.actions import NewPerson, register_people
from xinshi.recognition.actions import promote_all

SYSTEM = Actor.system("tests")
READER = Actor(reference="user:9", user_id=9, roles=frozenset({Role.AUDITOR}))
PEOPLE = 3
TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
FIRST_SERVICE = date(2024, 6, 1)

minutes = st.integers(1, 900)
people = st.integers(0, PEOPLE - 1)
maybe_cap = st.none() | st.integers(30, 2_000)


@dataclass(frozen=True)
class Step:
    """One thing that happens to a book: `what` is deposit, spend, hold, refund or reverse."""

    what: str
    person: int
    minutes: int
    days: int
    kind: HoursKind


steps = st.builds(
    Step,
    what=st.sampled_from(["deposit", "deposit", "deposit", "spend", "hold", "refund", "reverse"]),
    person=people,
    minutes=minutes,
    days=st.integers(0, 640),
    kind=st.sampled_from(HoursKind),
)
thresholds = st.lists(st.integers(60, 4_000), min_size=5, max_size=5, unique=True).map(lambda five: tuple(sorted(five)))
rules = st.builds(
    Rules,
    star_thresholds_minutes=thresholds,
    star_verified_percent=st.tuples(*[st.integers(0, 100)] * 5),
    coefficients=st.sampled_from([(), (Coefficient(percent=150, category="0004"),)]),
    rounding=st.sampled_from(Rounding),
    rounding_minutes=st.sampled_from([1, 15, 30]),
    day_cap_minutes=maybe_cap,
    holding_cap_minutes=maybe_cap,
    expiry_months=st.none() | st.integers(1, 24),
    expiry_grace_days=st.sampled_from([90, 120]),
    notice_days=st.sampled_from([0, 3, 20]),
)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is booked inside is rolled back afterwards, so that each example has the book to itself."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Book:
    """A book written through the actions; a step that the bank refuses is passed over."""

    def __init__(self) -> None:
        named = [NewPerson(name=f"志愿者{index}", volunteer_number=f"6{index:017d}") for index in range(PEOPLE)]
        self.people = register_people(actor=SYSTEM, people=named)
        open_passbooks(actor=SYSTEM, person_ids=self.people, opened_through="station")
        self.accounts = [row.account_id for row in Passbook.objects.order_by("person_id")]
        self.redemption = ledger.system_account(AccountKind.REDEMPTION)
        self.deposits: list[int] = []
        self.spent: list[int] = []
        self.serial = 0

    def work(self, step: Step) -> None:
        self.serial += 1
        try:
            with transaction.atomic():
                getattr(self, step.what)(step)
        except DomainError:
            return

    def deposit(self, step: Step) -> None:
        new = NewDeposit(
            person_id=self.people[step.person],
            kind=step.kind,
            category="0004",
            title="门诊导医",
            organizer="门诊部",
            raw_minutes=step.minutes,
            worked_on=FIRST_SERVICE + timedelta(days=step.days),
            source_ref=f"row:{self.serial}",
        )
        self.deposits.append(deposit_many(actor=SYSTEM, deposits=[new])[0].deposit_id)

    def spend(self, step: Step) -> None:
        held = self._held(step, clock.now() + timedelta(days=1))
        self.spent.append(ledger.capture(hold_id=held, actor_ref="user:1").id)

    def hold(self, step: Step) -> None:
        self._held(step, clock.now() + timedelta(days=step.days % 30, hours=1))

    def _held(self, step: Step, expires_at: datetime) -> int:
        return ledger.hold(
            key=f"hold:{self.serial}",
            account_id=self.accounts[step.person],
            to_id=self.redemption,
            minutes=step.minutes,
            kind="redemption",
            expires_at=expires_at,
            actor_ref="user:1",
        ).id

    def refund(self, step: Step) -> None:
        if self.spent:
            transfer = self.spent[step.minutes % len(self.spent)]
            ledger.reverse(transfer_id=transfer, key=f"refund:{transfer}", actor_ref="user:1")

    def reverse(self, step: Step) -> None:
        if self.deposits:
            reverse_deposit(actor=SYSTEM, deposit_id=self.deposits[step.minutes % len(self.deposits)], reason="误记")


def in_force(said: Rules, since: date) -> int:
    number = propose_policy(actor=SYSTEM, rules=said)
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=since)
    return number


@dataclass(frozen=True)
class Outcome:
    """What a passbook became: what ran out, what can only be donated, its balance and its star."""

    expired: int
    donated: int
    balance: int
    star: int


def outcomes(book: Book) -> dict[int, Outcome]:
    found = {}
    posted = balances(book.accounts)
    for row in Passbook.objects.filter(account_id__in=book.accounts):
        own = Transfer.objects.filter(debit_id=row.account_id)
        expired, donated = (
            sum(own.filter(kind=kind).values_list("minutes", flat=True)) for kind in ("expiry", "over_cap")
        )
        found[row.pk] = Outcome(expired, donated, posted[row.account_id].posted, row.star_level)
    return found


def predicted(before: dict[int, Outcome], found: PolicyEffect) -> dict[int, Outcome]:
    changes = {row.passbook_id: row for row in found.balances}
    rising = {row.passbook_id: row.level_then for row in found.rising}
    after = {}
    for passbook_id, was in before.items():
        change = changes.get(passbook_id)
        expired, donated = (change.expired_minutes, change.donation_minutes) if change else (0, 0)
        after[passbook_id] = Outcome(
            was.expired + expired,
            was.donated + donated,
            was.balance - expired - donated,
            rising.get(passbook_id, was.star),
        )
    return after


def months_left(book: Book, on: date) -> dict[date | None, int]:
    rule = timeline().expiry_rule(on)
    found: dict[date | None, int] = {}
    for holding in holdings(book.accounts).values():
        for lot in holding.lots:
            month = rule.expires_on(lot.worked_on).replace(day=1) if rule else None
            found[month] = found.get(month, 0) + lot.minutes
    return found


def live_through(days: int) -> None:
    """Every day from today until the day of effect, with the worker's duties late in the evening."""
    for day in (TODAY + timedelta(days=number) for number in range(days)):
        with time_machine.travel(max(NOON, clock.at_local(day, time(23))), tick=False):
            apply_policy(actor=SYSTEM)


@pytest.mark.django_db
@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    history=st.lists(steps, min_size=3, max_size=14),
    present=rules,
    proposed=rules,
    since=st.integers(100, 500),
    ahead=st.sampled_from([0, 0, 1, 9, 40]),
)
def test_the_dry_run_equals_what_then_happens(
    history: list[Step], present: Rules, proposed: Rules, since: int, ahead: int
) -> None:
    with undone(), time_machine.travel(NOON, tick=False):
        in_force(present, TODAY - timedelta(days=since))
        book = Book()
        for step in history:
            book.work(step)
        promote_all(actor=SYSTEM)
        day = TODAY + timedelta(days=ahead)
        number = propose_policy(actor=SYSTEM, rules=proposed)
        version = PolicyVersion.objects.get(number=number)
        before = outcomes(book)
        lines = Transfer.objects.count()
        found = effect(READER, proposed, effective_from=day, version=version)
        typed = effect(READER, proposed, effective_from=day)
        assert (typed.balances, typed.rising, typed.months) == (found.balances, found.rising, found.months)
        assert (outcomes(book), Transfer.objects.count()) == (before, lines)
        put_policy_in_force(actor=SYSTEM, number=number, effective_from=day)
        live_through(ahead)
        moment = max(NOON, clock.at_local(day, time.min))
        with time_machine.travel(moment, tick=False):
            done = apply_policy(actor=SYSTEM)
            promote_all(actor=SYSTEM)
            assert outcomes(book) == predicted(before, found)
            if found.months:
                assert months_left(book, day) == {row.month: row.then for row in found.months if row.then}
            if not ahead:
                assert (done.expired_minutes, done.donation_minutes) == (found.expired_minutes, found.donation_minutes)
            assert apply_policy(actor=SYSTEM).expired_minutes == 0
            report = verify()
            assert report.ok, report.first_difference


@pytest.mark.django_db
def test_hours_that_run_out_on_the_way_are_foretold() -> None:
    """A version without expiry comes too late for what runs out by the present one before its day."""
    with time_machine.travel(NOON, tick=False):
        in_force(Rules(expiry_months=12), date(2025, 1, 1))
        book = Book()
        served = date(2025, 3, 15)
        book.work(Step("deposit", 0, 90, (served - FIRST_SERVICE).days, HoursKind.VERIFIED))
        before = outcomes(book)
        day = date(2026, 3, 20)
        found = effect(READER, Rules(), effective_from=day)
        assert [(row.expired_minutes, row.otherwise_minutes) for row in found.balances] == [(90, 0)]
        assert found.balance_number == 0
        assert effect(READER, Rules(), effective_from=TODAY).expired_minutes == 0
        in_force(Rules(), day)
        live_through(10)
        assert outcomes(book) == predicted(before, found)
