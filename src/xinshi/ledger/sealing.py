"""Seals: hashes over the transfers, off the write path, cut so that no id can commit behind them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from django.db import connection, transaction

from xinshi.kernel import clock
from xinshi.ledger.domain import GENESIS_HASH, canonical_row, seal_hash
from xinshi.ledger.models import Seal, Transfer

SEAL_ROWS_MAX: Final = 1_000
SEAL_WAIT_SECONDS_MAX: Final = 2.0
CANONICAL_FIELDS: Final = (
    "id",
    "key",
    "payload_hash",
    "debit_id",
    "credit_id",
    "minutes",
    "kind",
    "worked_on",
    "posted_at",
    "hold_id",
    "reverses_id",
    "group_id",
    "actor_ref",
    "memo",
)


def seal(*, chunks_max: int = 10_000) -> int:
    """Seal the transfers behind which no id can commit any more; returns how many were sealed.

    Not inside a transaction: on PostgreSQL it waits for those that were running when it began, its own included.
    """
    horizon = _safe_horizon()
    sealed = 0
    for _ in range(chunks_max):
        with transaction.atomic():
            rows = _seal_next(horizon)
        sealed += rows
        if rows == 0:
            break
    return sealed


def _safe_horizon() -> int:
    """The greatest transfer id below which every id has committed or never will.

    SQLite has one writer, so what is visible is complete. On PostgreSQL every posting transaction has a transaction id
    before it draws a transfer id; once all that were running when the greatest id was read have ended, it is safe.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT coalesce(max(id), 0) FROM ledger_transfer")
            return int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT coalesce((SELECT max(id) FROM ledger_transfer), 0), pg_snapshot_xmax(pg_current_snapshot())::text"
        )
        greatest, bound = cursor.fetchone()
        deadline = time.monotonic() + SEAL_WAIT_SECONDS_MAX
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
            if int(cursor.fetchone()[0]) >= int(bound):
                return int(greatest)
            time.sleep(0.02)
    return 0


def _seal_next(horizon: int) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_seal'))")
    last = Seal.objects.order_by("-n").first()
    start = last.to_id if last else 0
    rows = list(
        Transfer.objects.filter(id__gt=start, id__lte=horizon)
        .order_by("id")
        .values_list(*CANONICAL_FIELDS)[:SEAL_ROWS_MAX]
    )
    if not rows:
        return 0
    prev_hash = last.hash if last else GENESIS_HASH
    Seal.objects.create(
        n=(last.n + 1) if last else 1,
        from_id=rows[0][0],
        to_id=rows[-1][0],
        rows=len(rows),
        prev_hash=prev_hash,
        hash=seal_hash(prev_hash, canonical_rows(rows)),
        sealed_at=clock.now(),
    )
    return len(rows)


def canonical_rows(rows: Iterable[tuple[object, ...]]) -> list[bytes]:
    """Stored transfers (in the order of CANONICAL_FIELDS) as the bytes that a seal covers."""
    return [canonical_row([_canonical_value(value) for value in row]) for row in rows]


def _canonical_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if hasattr(value, "isoformat") else value
