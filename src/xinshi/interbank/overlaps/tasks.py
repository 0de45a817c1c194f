"""What overlaps do when hours are deposited; idempotent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xinshi.bank.events import Deposited
from xinshi.interbank.overlaps.actions import hold_back_overlaps
from xinshi.kernel.actor import Actor
from xinshi.kernel.events import Event

SYSTEM = Actor.system("overlaps")


def on_deposited(events: Sequence[Event]) -> None:
    """Hours came in: what may have been counted before waits for a person."""
    deposits = cast("Sequence[Deposited]", events)
    hold_back_overlaps(actor=SYSTEM, deposit_ids=[pk for event in deposits for pk in event.deposit_ids])
