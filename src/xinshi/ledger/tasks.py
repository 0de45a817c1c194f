"""What the worker does for the book."""

from __future__ import annotations

from xinshi.ledger.actions import expire_holds
from xinshi.ledger.sealing import seal


def seal_tail() -> int:
    """Seal what was booked since the last time; returns the number of transfers sealed."""
    return seal()


def release_overdue() -> int:
    """Give overdue holds back; returns the number of accounts concerned."""
    return expire_holds()
