"""What recognition does when it hears of something; idempotent, so hearing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xinshi.appeals.events import StarReviewGranted
from xinshi.bank.events import Deposited, PeopleMerged
from xinshi.bank.queries import passbooks_by_person
from xinshi.kernel.actor import Actor
from xinshi.kernel.events import Event
from xinshi.recognition.actions import promote, promote_all

SYSTEM = Actor.system("recognition")


def on_deposited(events: Sequence[Event]) -> None:
    """Hours came in: who reached a star gets it."""
    deposits = cast("Sequence[Deposited]", events)
    promote(actor=SYSTEM, passbook_ids={pk for event in deposits for pk in event.passbook_ids})


def on_star_review(events: Sequence[Event]) -> None:
    """A request for a star that was not given was granted: look at the passbook again."""
    granted = cast("Sequence[StarReviewGranted]", events)
    promote(actor=SYSTEM, passbook_ids={event.passbook_id for event in granted})


def on_policy_enforced(events: Sequence[Event]) -> None:  # noqa: ARG001  # Whichever policy it was: look at everybody.
    """Thresholds may have become lower."""
    promote_all(actor=SYSTEM)


def on_people_merged(events: Sequence[Event]) -> None:
    """Two records became one: their hours together may reach a star."""
    stayed = passbooks_by_person({event.stays_person_id for event in cast("Sequence[PeopleMerged]", events)})
    promote(actor=SYSTEM, passbook_ids={card.id for card in stayed.values()})
