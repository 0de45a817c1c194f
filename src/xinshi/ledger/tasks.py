"""What the worker does for the book."""

from __future__ import annotations

from xinshi.ledger.actions import expire_holds
from xinshi.ledger.checking import reconcile_if_due
from xinshi.ledger.sealing import seal


def seal_tail() -> int:
    """Seal what was booked since the last time; returns the number of transfers sealed."""
    return seal()


def release_overdue() -> int:
    """Give overdue holds back; returns the number of accounts concerned."""
    return expire_holds()


def verify_nightly() -> bool | None:
    """Reconcile the whole book where that is due; True or False by what was found, None where it was not due."""
    report = reconcile_if_due()
    return report.ok if report else None
