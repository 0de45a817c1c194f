"""What identity does when it hears of something; idempotent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xinshi.bank.events import PeopleMerged
from xinshi.exchange.models import Partner
from xinshi.interbank.identity.actions import follow_merge, forget_tokens, make_tokens
from xinshi.interbank.identity.queries import PREFIX
from xinshi.kernel.actor import Actor
from xinshi.kernel.events import Event
from xinshi.people.events import ConsentGiven, ConsentWithdrawn

SYSTEM = Actor.system("identity")


def on_consent_given(events: Sequence[Event]) -> None:
    """Somebody agreed to a time bank: their tokens are made."""
    for event in cast("Sequence[ConsentGiven]", events):
        partner = _bank(event.purpose)
        if partner is not None:
            make_tokens(actor=SYSTEM, partner_id=partner.pk, person_ids=[event.person_id])


def on_consent_withdrawn(events: Sequence[Event]) -> None:
    """Somebody took their consent back: their tokens are forgotten (since then no query had found them)."""
    for event in cast("Sequence[ConsentWithdrawn]", events):
        if _bank(event.purpose) is not None:
            forget_tokens(person_ids=[event.person_id], purpose=event.purpose)


def on_people_merged(events: Sequence[Event]) -> None:
    for event in cast("Sequence[PeopleMerged]", events):
        follow_merge(stays_person_id=event.stays_person_id, goes_person_id=event.goes_person_id)


def _bank(purpose: str) -> Partner | None:
    if not purpose.startswith(PREFIX):
        return None
    return Partner.objects.filter(code=purpose.removeprefix(PREFIX), kind=Partner.Kind.BANK).first()
