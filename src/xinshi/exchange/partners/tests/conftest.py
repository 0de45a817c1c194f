"""A bank as a partner, two administrators, and what is moved on its clearing account."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import uuid4

import pytest

from xinshi.exchange.models import Partner
from xinshi.exchange.partners import actions
from xinshi.exchange.partners.domain import Limits, Terms
from xinshi.exchange.tests.conftest import SYSTEM, Cast, Somebody, cast, frozen, make_cast
from xinshi.kernel.actor import Role
from xinshi.ledger.actions import post, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

__all__ = ["Cast", "Somebody", "cast", "frozen", "make_cast"]

TODAY: Final = date(2026, 11, 20)
KEY: Final = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def second(cast: Cast) -> Somebody:
    """冯 administers too."""
    ids = register_people(actor=SYSTEM, people=[NewPerson(name="冯远", volunteer_number="8" * 18)])
    create_users(
        actor=SYSTEM,
        users=[NewUser(username="second", password=None, person_id=ids[0], roles=frozenset({Role.ADMINISTRATOR}))],
    )
    return Somebody(User.objects.get(username="second"), "冯远", "8" * 18)


@dataclass(frozen=True)
class Bank:
    """A partner of the name 城东时间银行 and the two who keep it."""

    id: int
    first: Somebody
    second: Somebody

    @property
    def row(self) -> Partner:
        return Partner.objects.get(pk=self.id)

    def agree(self, **terms: object) -> int:
        """A contract that both have put in force."""
        number = actions.write_contract(
            actor=self.first.actor, partner_id=self.id, terms=Terms(**{"starts_on": TODAY, **terms})
        )
        actions.put_contract_in_force(actor=self.second.actor, partner_id=self.id, number=number)
        return number

    def came_in(self, minutes: int) -> None:
        """The partner owes so many minutes more."""
        self._move(
            system_account(AccountKind.CLEARING, "partner:east"), system_account(AccountKind.CORRECTION), minutes
        )

    def went_out(self, minutes: int) -> None:
        self._move(
            system_account(AccountKind.CORRECTION), system_account(AccountKind.CLEARING, "partner:east"), minutes
        )

    @staticmethod
    def _move(debit: int, credit: int, minutes: int) -> None:
        new = NewTransfer(
            key=uuid4().hex, debit_id=debit, credit_id=credit, minutes=minutes, kind="test", worked_on=TODAY
        )
        post(transfer=new, actor_ref="system:tests")


@pytest.fixture
def bank(cast: Cast, second: Somebody) -> Bank:
    partner_id = actions.register_partner(
        actor=cast.administrator.actor,
        code="east",
        name="城东时间银行",
        kind=Partner.Kind.BANK,
        address="https://east.example/interbank",
        limits=Limits(600, 300),
    )
    return Bank(partner_id, cast.administrator, second)
