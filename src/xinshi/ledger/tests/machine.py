"""Histories that hypothesis invents, run against the engine of the tests' database and against a model in memory.

Rules: open, deposit, spend, give, repeat, batch (new keys, known keys, keys twice, keys with other figures), hold, capture,
release, let time pass, expire, reverse, close, seal. After every step the book must say what the model says; every few
steps, and in the end, it must reconcile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from xinshi.kernel import clock
from xinshi.ledger import actions, queries, verification
from xinshi.ledger.domain import (
    AccountClosed,
    AccountKind,
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

PEOPLE = 3
ACCOUNTS_MAX = 6
STEPS_BETWEEN_RECONCILING = 5
BANK = -1
"""The bank's own side of a transfer: issuance where it gives, redemption where it takes."""
KINDS = (AccountKind.PERSON, AccountKind.GROUP, AccountKind.POOL, AccountKind.DONATION)
FIRST_MOMENT = datetime(2026, 3, 5, 1, 2, 3, tzinfo=UTC)
minutes = st.integers(1, 300)
Side = int
Booking = tuple[Side, Side, int]
"""debit, credit, minutes; a side is the index of an account, or BANK"""


@dataclass
class ModelHold:
    id: int
    payer: int
    payee: Side
    minutes: int
    expires_at: datetime
    state: str = "open"


@dataclass
class Model:
    """What the book must say, in the plainest possible way."""

    posted: list[int] = field(default_factory=lambda: [0] * PEOPLE)
    closed: list[bool] = field(default_factory=lambda: [False] * PEOPLE)
    transfers: dict[str, Booking] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    reversals: dict[str, str] = field(default_factory=dict)
    """key of the original → key of its reversal"""
    holds: dict[str, ModelHold] = field(default_factory=dict)
    at: datetime = FIRST_MOMENT

    def open_holds(self, account: int) -> list[ModelHold]:
        return [hold for hold in self.holds.values() if hold.payer == account and hold.state == "open"]

    def held(self, account: int) -> int:
        return sum(hold.minutes for hold in self.open_holds(account))

    def overdue(self, account: int) -> int:
        return sum(hold.minutes for hold in self.open_holds(account) if hold.expires_at <= self.at)

    def expire(self, account: int) -> None:
        for hold in self.open_holds(account):
            if hold.expires_at <= self.at:
                hold.state = "expired"

    def move(self, booking: Booking) -> None:
        debit, credit, amount = booking
        for side, sign in ((debit, -1), (credit, 1)):
            if side != BANK:
                self.posted[side] += sign * amount

    def refusals(self, bookings: list[Booking]) -> set[type[Exception]]:
        """What a batch of new transfers may be refused by; empty where it must be booked."""
        found: set[type[Exception]] = set()
        trial = list(self.posted)
        for debit, credit, amount in bookings:
            if any(side != BANK and self.closed[side] for side in (debit, credit)):
                found.add(AccountClosed)
            if debit != BANK:
                trial[debit] -= amount
                if trial[debit] < self.held(debit) - self.overdue(debit):
                    found.add(InsufficientMinutes)
            if credit != BANK:
                trial[credit] += amount
        return found

    def book(self, bookings: dict[str, Booking]) -> None:
        """Overdue holds give their minutes back where a step would otherwise be refused."""
        for key, booking in bookings.items():
            debit, _credit, amount = booking
            if debit != BANK and self.posted[debit] - self.held(debit) < amount:
                self.expire(debit)
            self.move(booking)
            self.transfers[key] = booking


class BookMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.model = Model()
        self.patches = [
            mock.patch.object(clock, "now", side_effect=lambda: self.model.at),
            mock.patch.object(verification, "_FURTHER", {}),
        ]
        for patch in self.patches:
            patch.start()
        self.book: Book = make_book(PEOPLE)
        self.accounts = list(self.book.people)
        self.serial = self.steps = 0

    def teardown(self) -> None:
        try:
            self.reconcile()
        finally:
            for patch in self.patches:
                patch.stop()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def key(self) -> str:
        self.serial += 1
        return f"k{self.serial}"

    def one(self, data: st.DataObject) -> int:
        return data.draw(st.integers(0, len(self.accounts) - 1), label="account")

    def two(self, data: st.DataObject) -> tuple[int, int]:
        first = self.one(data)
        return first, (first + data.draw(st.integers(1, len(self.accounts) - 1), label="further")) % len(self.accounts)

    def new(self, key: str, booking: Booking) -> NewTransfer:
        debit, credit, amount = booking
        giver = self.book.issuance if debit == BANK else self.accounts[debit]
        taker = self.book.redemption if credit == BANK else self.accounts[credit]
        return self.book.transfer(key, giver, taker, amount)

    def refused(self, refusals: set[type[Exception]], action: Any, **wanted: Any) -> None:
        """It must be refused by one of these, and nothing may change; the invariants see to that."""
        with pytest.raises(tuple(refusals)), transaction.atomic():
            action(**wanted)

    def post(self, booking: Booking) -> None:
        key = self.key()
        wanted = {"transfer": self.new(key, booking), "actor_ref": "user:1"}
        if refusals := self.model.refusals([booking]):
            self.refused(refusals, actions.post, **wanted)
            return
        posted = actions.post(**wanted)
        assert posted.is_new
        self.model.ids[key] = posted.id
        self.model.book({key: booking})

    @initialize(amounts=st.lists(st.integers(100, 900), min_size=PEOPLE, max_size=PEOPLE))
    def first_deposits(self, amounts: list[int]) -> None:
        """Most histories begin with something to spend: otherwise most of what they try is refused."""
        for account, amount in enumerate(amounts):
            self.post((BANK, account, amount))

    @precondition(lambda self: len(self.accounts) < ACCOUNTS_MAX)
    @rule(kind=st.sampled_from(KINDS))
    def open_another(self, kind: AccountKind) -> None:
        owner = f"owner:{len(self.accounts)}"
        opened = actions.open_accounts(kind=kind, owner_refs=[owner, owner])
        assert actions.open_accounts(kind=kind, owner_refs=[owner]) == opened
        self.accounts.append(opened[owner])
        self.model.posted.append(0)
        self.model.closed.append(False)

    @rule(data=st.data(), amount=minutes)
    def deposit(self, data: st.DataObject, amount: int) -> None:
        self.post((BANK, self.one(data), amount))

    @rule(data=st.data(), amount=minutes)
    def spend(self, data: st.DataObject, amount: int) -> None:
        self.post((self.one(data), BANK, amount))

    @rule(data=st.data(), amount=minutes)
    def give(self, data: st.DataObject, amount: int) -> None:
        self.post((*self.two(data), amount))

    @rule(data=st.data())
    def spend_more_than_there_is(self, data: st.DataObject) -> None:
        account = self.one(data)
        available = self.model.posted[account] - self.model.held(account) + self.model.overdue(account)
        assert InsufficientMinutes in self.model.refusals([(account, BANK, available + 1)])
        self.post((account, BANK, available + 1))

    @precondition(lambda self: self.model.ids)
    @rule(data=st.data(), is_same=st.booleans())
    def repeat(self, data: st.DataObject, is_same: bool) -> None:
        """The same key again gives the first result, even where an account was closed since; other figures are refused."""
        key = data.draw(st.sampled_from(sorted(self.model.ids)))
        debit, credit, amount = self.model.transfers[key]
        if not is_same:
            other = self.new(key, (debit, credit, amount + 1))
            self.refused({KeyReused}, actions.post, transfer=other, actor_ref="user:1")
            return
        again = actions.post(transfer=self.new(key, (debit, credit, amount)), actor_ref="user:2")
        assert (again.is_new, again.id) == (False, self.model.ids[key])

    @rule(data=st.data(), size=st.integers(2, 6))
    def batch(self, data: st.DataObject, size: int) -> None:
        """All or nothing; a limit broken at any step, or a key with other figures, refuses the whole batch."""
        rows: list[tuple[str, Booking]] = []
        fresh: dict[str, Booking] = {}
        reused = False
        for _ in range(size):
            choice = data.draw(
                st.sampled_from(("in", "in", "out", "across", "known", "twice", "otherwise")), label="row"
            )
            known = self.model.ids if choice == "known" else fresh
            if choice in ("known", "twice", "otherwise") and known:
                key = data.draw(st.sampled_from(sorted(known)), label="key")
                debit, credit, amount = self.model.transfers[key] if choice == "known" else fresh[key]
                reused |= choice == "otherwise"
                rows.append((key, (debit, credit, amount + (choice == "otherwise"))))
                continue
            amount = data.draw(minutes, label="minutes")
            sides = {"out": (self.one(data), BANK), "across": self.two(data)}.get(choice, (BANK, self.one(data)))
            key = self.key()
            fresh[key] = (*sides, amount)
            rows.append((key, fresh[key]))
        refusals = self.model.refusals(list(fresh.values())) | ({KeyReused} if reused else set())
        transfers = [self.new(key, booking) for key, booking in rows]
        if refusals:
            self.refused(refusals, actions.post_batch, transfers=transfers, actor_ref="user:1")
            return
        results = actions.post_batch(transfers=transfers, actor_ref="user:1")
        seen: set[str] = set()
        for (key, _booking), result in zip(rows, results, strict=True):
            assert (result.key, result.is_new) == (key, key in fresh and key not in seen)
            assert result.id == self.model.ids.setdefault(key, result.id)
            seen.add(key)
        self.model.book(fresh)

    @rule(data=st.data(), amount=minutes, to_bank=st.booleans(), hours=st.integers(1, 48))
    def hold(self, data: st.DataObject, amount: int, to_bank: bool, hours: int) -> None:
        payer, other = self.two(data)
        payee = BANK if to_bank else other
        wanted = {
            "key": self.key(),
            "account_id": self.accounts[payer],
            "to_id": self.book.redemption if to_bank else self.accounts[payee],
            "minutes": amount,
            "kind": "redemption",
            "expires_at": self.model.at + timedelta(hours=hours),
            "actor_ref": "user:1",
        }
        if refusals := self.model.refusals([(payer, payee, amount)]):
            self.refused(refusals, actions.hold, **wanted)
            return
        held = actions.hold(**wanted)
        if self.model.posted[payer] - self.model.held(payer) < amount:
            self.model.expire(payer)
        self.model.holds[wanted["key"]] = ModelHold(held.id, payer, payee, amount, wanted["expires_at"])
        assert actions.hold(**wanted).id == held.id
        self.refused({KeyReused}, actions.hold, **(wanted | {"minutes": amount + 1}))

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def capture(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.holds)))
        found = self.model.holds[key]
        wanted = {"hold_id": found.id, "actor_ref": "user:1"}
        if found.state in ("released", "expired"):
            self.refused({HoldNotOpen}, actions.capture, **wanted)
            return
        if found.state == "open" and any(s != BANK and self.model.closed[s] for s in (found.payer, found.payee)):
            self.refused({AccountClosed}, actions.capture, **wanted)
            return
        posted = actions.capture(**wanted)
        assert posted.is_new == (found.state == "open")
        if posted.is_new:
            found.state = "captured"
            self.model.move((found.payer, found.payee, found.minutes))
            again = actions.capture(**wanted)
            assert (again.is_new, again.id) == (False, posted.id), "asked again, as after a time-out, it is the same"

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        found = self.model.holds[data.draw(st.sampled_from(sorted(self.model.holds)))]
        wanted = {"hold_id": found.id, "actor_ref": "user:1"}
        if found.state == "captured":
            self.refused({HoldNotOpen}, actions.release, **wanted)
            return
        assert actions.release(**wanted) == (found.state == "open")
        if found.state == "open":
            found.state = "released"
            self.refused({HoldNotOpen}, actions.capture, **wanted)

    @rule(hours=st.integers(1, 30))
    def let_time_pass(self, hours: int) -> None:
        self.model.at += timedelta(hours=hours)

    @rule()
    def expire_what_is_overdue(self) -> None:
        overdue = [account for account in range(len(self.accounts)) if self.model.overdue(account)]
        assert actions.expire_holds() == len(overdue)
        for account in overdue:
            self.model.expire(account)

    @precondition(lambda self: self.model.ids)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.ids)))
        debit, credit, amount = self.model.transfers[key]
        mirror = (credit, debit, amount)
        new_key = self.key()
        wanted = {"transfer_id": self.model.ids[key], "key": new_key, "actor_ref": "user:2"}
        if key in self.model.reversals:
            self.refused({AlreadyReversed}, actions.reverse, **wanted)
            assert not actions.reverse(**(wanted | {"key": self.model.reversals[key]})).is_new
            return
        if refusals := self.model.refusals([mirror]):
            self.refused(refusals, actions.reverse, **wanted)
            return
        posted = actions.reverse(**wanted)
        self.model.book({new_key: mirror})
        self.model.reversals[key] = new_key
        self.refused({AlreadyReversed}, actions.reverse, transfer_id=posted.id, key=self.key(), actor_ref="user:2")

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        account = self.one(data)
        if self.model.posted[account] or self.model.held(account):
            self.refused({AccountNotEmpty}, actions.close_account, account_id=self.accounts[account])
            return
        actions.close_account(account_id=self.accounts[account])
        self.model.closed[account] = True

    @rule()
    def seal_tail(self) -> None:
        seal()

    @invariant()
    def agrees_with_the_model(self) -> None:
        balances = queries.balances(self.accounts)
        found = [(balances[account].posted, balances[account].held) for account in self.accounts]
        assert found == [(posted, self.model.held(n)) for n, posted in enumerate(self.model.posted)]

    @invariant()
    def reconciles(self) -> None:
        """The whole reconciliation is the dearest step: what drifts stays adrift, so every few steps will do."""
        self.steps += 1
        if self.steps % STEPS_BETWEEN_RECONCILING == 0:
            self.reconcile()

    def reconcile(self) -> None:
        report = verification.verify()
        assert report.ok, report.first_difference
        captured = sum(hold.state == "captured" for hold in self.model.holds.values())
        assert Transfer.objects.count() == len(self.model.transfers) + captured
