"""Accounts for the ledger's tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest

from xinshi.ledger import actions
from xinshi.ledger.domain import AccountKind, NewTransfer, PostedTransfer

DAY = date(2026, 3, 5)


@dataclass(frozen=True)
class Book:
    """A small book: the bank's own accounts and some people's."""

    issuance: int
    redemption: int
    people: tuple[int, ...]

    def transfer(self, key: str, debit: int, credit: int, minutes: int, **more: object) -> NewTransfer:
        values = {"kind": "work", "worked_on": DAY} | more
        return NewTransfer(key=key, debit_id=debit, credit_id=credit, minutes=minutes, **values)

    def deposit(self, key: str, person: int, minutes: int) -> PostedTransfer:
        new = self.transfer(key, self.issuance, self.people[person], minutes)
        return actions.post(transfer=new, actor_ref="user:1")

    def spend(self, key: str, person: int, minutes: int) -> PostedTransfer:
        new = self.transfer(key, self.people[person], self.redemption, minutes, kind="redemption")
        return actions.post(transfer=new, actor_ref="user:1")


def make_book(people: int = 4) -> Book:
    accounts = actions.open_accounts(kind=AccountKind.PERSON, owner_refs=[f"person:{n}" for n in range(people)])
    return Book(
        issuance=actions.system_account(AccountKind.ISSUANCE),
        redemption=actions.system_account(AccountKind.REDEMPTION),
        people=tuple(accounts.values()),
    )


@pytest.fixture
def book(db: None) -> Book:
    return make_book()


@pytest.fixture
def committed_book(transactional_db: None) -> Book:
    """A book that other threads can see."""
    return make_book()


@pytest.fixture
def new_book() -> Callable[[int], Book]:
    return make_book
