"""What the worker does for this room: long imports, and rows that waited for their person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xinshi.bank.events import PassbookOpened, PassbookStateChanged, PeopleMerged
from xinshi.exchange.actions.inbox import look_again
from xinshi.kernel.actor import Actor
from xinshi.kernel.events import Event
from xinshi.people.events import ConsentGiven, VolunteerNumberGiven

SYSTEM = Actor.system("inbox of the exchange")
Known = PassbookOpened | PassbookStateChanged | VolunteerNumberGiven | ConsentGiven


def on_person_known(events: Sequence[Event]) -> None:
    """Somebody opened a passbook, may use it again, got a number, or agreed again: rows that waited for them flow on."""
    look_again(actor=SYSTEM, person_ids=[event.person_id for event in cast("Sequence[Known]", events)])


def on_people_merged(events: Sequence[Event]) -> None:
    """Who stayed of two records may have taken a number over."""
    look_again(actor=SYSTEM, person_ids=[event.stays_person_id for event in cast("Sequence[PeopleMerged]", events)])
