"""李 and 王 with identity numbers and hours of their own, and a stranger bank that is a partner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.bank.models import Passbook
from xinshi.exchange.tests.conftest import Cast, Somebody, frozen, make_cast
from xinshi.interbank.identity.tests.conftest import LI, WANG, give_number
from xinshi.interbank.moving import sending
from xinshi.interbank.tests.stranger import SYSTEM, Stranger, agree, meet
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.queries import BalanceView, balance
from xinshi.ledger.verification import verify

__all__ = ["Cast", "Somebody", "frozen"]


@pytest.fixture
def cast(db: None) -> Cast:
    made = make_cast()
    give_number(made.li.person_id, LI)
    give_number(made.wang.person_id, WANG)
    return made


@pytest.fixture
def stranger(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stranger]:
    """李 has agreed to it; 王 has not. Afterwards everything in the book fits together."""
    found = meet()
    agree(cast.li.person_id, found.partner)
    monkeypatch.setattr(sending, "send", found.serve)
    yield found
    assert verify().first_difference == ""


def earn(person_id: int, minutes: int, *, source: str, kind: HoursKind = HoursKind.VERIFIED, partner: str = "") -> None:
    """Hours at this hospital, or through a partner's file."""
    deposit_many(
        actor=SYSTEM,
        partner=partner,
        deposits=[
            NewDeposit(
                person_id=person_id,
                kind=kind,
                category="0004",
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=minutes,
                worked_on=date(2026, 11, 10),
                source_ref=source,
            )
        ],
    )


def standing(person_id: int) -> BalanceView:
    return balance(Passbook.objects.get(person_id=person_id).account_id)


def certified(person_id: int) -> int:
    return Passbook.objects.get(person_id=person_id).certified_minutes
