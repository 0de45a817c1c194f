"""Two engines, one meaning: how transfers are written on PostgreSQL and on SQLite.

An engine is a module with a function `post`. It joins the caller's transaction or makes one of its own, takes locks in
ascending account id, refuses what breaks a limit at any step, and writes transfers, entries and balances. It decides
before it writes: after a refusal (a DomainError) nothing was written, and the caller's transaction goes on without a
savepoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from django.db import connection

from xinshi.ledger.domain import NewTransfer, PostedTransfer


class Post(Protocol):
    def __call__(
        self,
        batch: Mapping[str, tuple[NewTransfer, str]],
        *,
        actor_ref: str,
        at: datetime,
        hold_ids: Mapping[str, int],
    ) -> dict[str, PostedTransfer]:
        """Write `batch` (transfer and payload hash by key, in order); `hold_ids` names the hold that a key captures."""


def engine_post() -> Post:
    """The engine of the database in use."""
    if connection.vendor == "postgresql":
        from xinshi.ledger.engines import postgresql  # Each engine speaks one dialect; only one is loaded.

        return postgresql.post
    from xinshi.ledger.engines import sqlite

    return sqlite.post
