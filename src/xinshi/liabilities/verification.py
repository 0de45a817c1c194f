"""Snapshots are sealed: what the bank said that it owed stands."""

from __future__ import annotations

from typing import Final

from xinshi.audit.sealing import Chain, seal_rows_of
from xinshi.liabilities.models import LiabilitySnapshot

SNAPSHOTS: Final = Chain(
    "liability snapshots",
    LiabilitySnapshot,
    (
        "id",
        "month",
        "taken_at",
        "outstanding_minutes",
        "passbook_minutes",
        "donation_only_minutes",
        "group_minutes",
        "pool_minutes",
        "held_minutes",
        "notice_minutes",
        "by_age",
        "by_kind",
        "by_group",
    ),
)


def register_seals() -> None:
    """Called once when the house starts."""
    seal_rows_of(SNAPSHOTS)
