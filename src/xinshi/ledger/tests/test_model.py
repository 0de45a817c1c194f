"""Histories that hypothesis invents, run against the engine of the tests' database and against a model in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from xinshi.kernel import clock
from xinshi.ledger import actions, queries
from xinshi.ledger.domain import (
    AccountClosed,
    AccountNotEmpty,
    AlreadyReversed,
    HoldNotOpen,
    InsufficientMinutes,
    KeyReused,
    NewTransfer,
)
from xinshi.ledger.models import Transfer
from xinshi.ledger.sealing import seal
from xinshi.ledger.tests.conftest import Book, make_book
from xinshi.ledger.verification import verify

PEOPLE = 3
people = st.integers(0, PEOPLE - 1)
minutes = st.integers(1, 300)


@dataclass
class ModelHold:
    id: int
    person: int
    minutes: int
    state: str = "open"


@dataclass
class Model:
    """What the book must say, in the plainest possible way."""

    posted: list[int] = field(default_factory=lambda: [0] * PEOPLE)
    closed: list[bool] = field(default_factory=lambda: [False] * PEOPLE)
    transfers: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """key → (debit person or -1, credit person or -1, minutes)"""
    ids: dict[str, int] = field(default_factory=dict)
    reversed_keys: set[str] = field(default_factory=set)
    holds: dict[str, ModelHold] = field(default_factory=dict)

    def held(self, person: int) -> int:
        return sum(h.minutes for h in self.holds.values() if h.person == person and h.state == "open")

    def available(self, person: int) -> int:
        return self.posted[person] - self.held(person)

    def refusal(self, debit: int, credit: int, amount: int) -> type[Exception] | None:
        if any(side >= 0 and self.closed[side] for side in (debit, credit)):
            return AccountClosed
        return InsufficientMinutes if debit >= 0 and self.available(debit) < amount else None

    def book(self, key: str, debit: int, credit: int, amount: int) -> None:
        for side, sign in ((debit, -1), (credit, 1)):
            if side >= 0:
                self.posted[side] += sign * amount
        self.transfers[key] = (debit, credit, amount)


class BookMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.book: Book = make_book(PEOPLE)
        self.model = Model()
        self.serial = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def key(self) -> str:
        self.serial += 1
        return f"k{self.serial}"

    def account(self, side: int, system: int) -> int:
        return self.book.people[side] if side >= 0 else system

    def new(self, key: str, debit: int, credit: int, amount: int) -> NewTransfer:
        system = self.book.issuance if debit < 0 else self.book.redemption
        return self.book.transfer(key, self.account(debit, system), self.account(credit, system), amount)

    def post(self, debit: int, credit: int, amount: int) -> None:
        key = self.key()
        refusal = self.model.refusal(debit, credit, amount)
        if refusal:
            with pytest.raises(refusal), transaction.atomic():
                actions.post(transfer=self.new(key, debit, credit, amount), actor_ref="user:1")
            return
        self.model.ids[key] = actions.post(transfer=self.new(key, debit, credit, amount), actor_ref="user:1").id
        self.model.book(key, debit, credit, amount)

    @rule(person=people, amount=minutes)
    def deposit(self, person: int, amount: int) -> None:
        self.post(-1, person, amount)

    @rule(person=people, amount=minutes)
    def spend(self, person: int, amount: int) -> None:
        self.post(person, -1, amount)

    @rule(giver=people, taker=people, amount=minutes)
    def give(self, giver: int, taker: int, amount: int) -> None:
        if giver != taker:
            self.post(giver, taker, amount)

    @precondition(lambda self: self.model.transfers)
    @rule(data=st.data(), other=st.booleans())
    def repeat(self, data: st.DataObject, other: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.ids)))
        debit, credit, amount = self.model.transfers[key]
        if other:
            with pytest.raises(KeyReused), transaction.atomic():
                actions.post(transfer=self.new(key, debit, credit, amount + 1), actor_ref="user:1")
            return
        again = actions.post(transfer=self.new(key, debit, credit, amount), actor_ref="user:2")
        assert (again.is_new, again.id) == (False, self.model.ids[key])

    @rule(steps=st.lists(st.tuples(people, st.booleans(), minutes), min_size=2, max_size=6))
    def batch(self, steps: list[tuple[int, bool, int]]) -> None:
        """All or nothing; a limit broken at any step refuses the whole batch."""
        trial = list(self.model.posted)
        wanted = [(self.key(), *((-1, p) if is_deposit else (p, -1)), m) for p, is_deposit, m in steps]
        refusal: type[Exception] | None = None
        if any(self.model.closed[p] for p, _, _ in steps):
            refusal = AccountClosed
        for person, is_deposit, amount in steps:
            trial[person] += amount if is_deposit else -amount
            if refusal is None and trial[person] < self.model.held(person):
                refusal = InsufficientMinutes
        transfers = [self.new(*row) for row in wanted]
        if refusal:
            with pytest.raises(refusal), transaction.atomic():
                actions.post_batch(transfers=transfers, actor_ref="user:1")
            return
        for row, done in zip(wanted, actions.post_batch(transfers=transfers, actor_ref="user:1"), strict=True):
            self.model.ids[row[0]] = done.id
            self.model.book(*row)

    @rule(person=people, amount=minutes)
    def hold(self, person: int, amount: int) -> None:
        key = self.key()
        wanted = {
            "key": key,
            "account_id": self.book.people[person],
            "to_id": self.book.redemption,
            "minutes": amount,
            "kind": "redemption",
            "expires_at": clock.now() + timedelta(days=1),
            "actor_ref": "user:1",
        }
        closed, available = self.model.closed[person], self.model.available(person)
        refusal = AccountClosed if closed else InsufficientMinutes if available < amount else None
        if refusal:
            with pytest.raises(refusal), transaction.atomic():
                actions.hold(**wanted)
            return
        self.model.holds[key] = ModelHold(actions.hold(**wanted).id, person, amount)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def capture(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.holds)))
        found = self.model.holds[key]
        if found.state == "released":
            with pytest.raises(HoldNotOpen), transaction.atomic():
                actions.capture(hold_id=found.id, actor_ref="user:1")
            return
        posted = actions.capture(hold_id=found.id, actor_ref="user:1")
        assert posted.is_new == (found.state == "open")
        if posted.is_new:
            found.state = "captured"
            self.model.posted[found.person] -= found.minutes

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        found = self.model.holds[data.draw(st.sampled_from(sorted(self.model.holds)))]
        if found.state == "captured":
            with pytest.raises(HoldNotOpen), transaction.atomic():
                actions.release(hold_id=found.id, actor_ref="user:1")
            return
        assert actions.release(hold_id=found.id, actor_ref="user:1") == (found.state == "open")
        found.state = "released"

    @precondition(lambda self: self.model.ids)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.ids)))
        debit, credit, amount = self.model.transfers[key]
        refusal = AlreadyReversed if key in self.model.reversed_keys else self.model.refusal(credit, debit, amount)
        new_key = self.key()
        wanted = {"transfer_id": self.model.ids[key], "key": new_key, "actor_ref": "user:2"}
        if refusal:
            with pytest.raises(refusal), transaction.atomic():
                actions.reverse(**wanted)
            return
        posted = actions.reverse(**wanted)
        with pytest.raises(AlreadyReversed), transaction.atomic():
            actions.reverse(transfer_id=posted.id, key=self.key(), actor_ref="user:2")
        self.model.reversed_keys.add(key)
        for side, sign in ((credit, -1), (debit, 1)):
            if side >= 0:
                self.model.posted[side] += sign * amount

    @rule(person=people)
    def close(self, person: int) -> None:
        if self.model.posted[person] or self.model.held(person):
            with pytest.raises(AccountNotEmpty), transaction.atomic():
                actions.close_account(account_id=self.book.people[person])
            return
        actions.close_account(account_id=self.book.people[person])
        self.model.closed[person] = True

    @rule()
    def seal_tail(self) -> None:
        seal()

    @invariant()
    def agrees_with_the_model(self) -> None:
        balances = queries.balances(self.book.people)
        for person, account in enumerate(self.book.people):
            assert (balances[account].posted, balances[account].held) == (
                self.model.posted[person],
                self.model.held(person),
            )

    @invariant()
    def reconciles(self) -> None:
        report = verify()
        assert report.ok, report.first_difference
        booked = len(self.model.transfers) + len(self.model.reversed_keys)
        assert Transfer.objects.count() == booked + sum(h.state == "captured" for h in self.model.holds.values())


@pytest.mark.slow
def test_any_history_leaves_a_book_that_agrees_with_the_model(db: None, seal_now: Callable[[], int]) -> None:
    run_state_machine_as_test(
        BookMachine,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
