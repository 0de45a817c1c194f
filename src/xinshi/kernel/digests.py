"""Rows as bytes, the same on every database, and hashes that are chained: what seals are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final

GENESIS: Final = "0" * 64
"""What stands before the first link of a chain."""


def row_bytes(values: Sequence[object]) -> bytes:
    """One row: a JSON array without spaces, keys in order, moments in UTC to the microsecond, days as YYYY-MM-DD."""
    return json.dumps(
        [_plain(value) for value in values], ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()


def chained(prev_hash: str, rows: Iterable[bytes]) -> str:
    """SHA-256 over the link before and the rows, each begun by a line feed; 64 hex digits."""
    digest = hashlib.sha256(prev_hash.encode("ascii"))
    for row in rows:
        digest.update(b"\n")
        digest.update(row)
    return digest.hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
