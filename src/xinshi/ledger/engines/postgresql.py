"""The PostgreSQL engine: one round trip to a function that a migration created (see `functions.sql`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NoReturn

from django.db import DatabaseError, connection, transaction

from xinshi.ledger.domain import (
    AccountClosed,
    AccountUnknown,
    AlreadyReversed,
    KeyReused,
    NewTransfer,
    insufficient,
)
from xinshi.ledger.engines import Posting

POST_ONE: Final = "SELECT * FROM ledger_post_one(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
POST_BATCH: Final = (
    "SELECT * FROM ledger_post_batch(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],"
    " %s::date[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s, %s)"
)
KEY_REUSED: Final = "XL001"
INSUFFICIENT: Final = "XL002"
CLOSED: Final = "XL003"
UNKNOWN: Final = "XL004"
UNIQUE_VIOLATION: Final = "23505"


def post(
    batch: Mapping[str, tuple[NewTransfer, str]], *, actor_ref: str, at: datetime, hold_ids: Mapping[str, int]
) -> dict[str, Posting]:
    assert connection.in_atomic_block
    rows = [
        (
            key,
            digest,
            transfer.debit_id,
            transfer.credit_id,
            transfer.minutes,
            transfer.kind,
            transfer.worked_on,
            hold_ids.get(key),
            transfer.reverses_id,
            transfer.group_id,
            transfer.memo,
        )
        for key, (transfer, digest) in batch.items()
    ]
    if not rows:
        return {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if len(rows) == 1:
                cursor.execute(POST_ONE, [*rows[0], actor_ref, at])
            else:
                cursor.execute(POST_BATCH, [*(list(column) for column in zip(*rows, strict=True)), actor_ref, at])
            found = cursor.fetchall()
    except DatabaseError as error:
        _raise_refusal(error)
    return {
        key: Posting(id=identifier, is_new=is_new, posted_at=posted_at) for key, identifier, is_new, posted_at in found
    }


def _raise_refusal(error: DatabaseError) -> NoReturn:
    """The function's own error codes as refusals; anything else as it came."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    diagnosis = getattr(cause, "diag", None)
    detail = getattr(diagnosis, "message_detail", "") or ""
    if state == KEY_REUSED:
        raise KeyReused(key=detail) from None
    if state == INSUFFICIENT:
        available, needed = (int(part) for part in detail.split(" "))
        raise insufficient(available=available, needed=needed) from None
    if state == CLOSED:
        raise AccountClosed from None
    if state == UNKNOWN:
        raise AccountUnknown from None
    if state == UNIQUE_VIOLATION and "reverses" in (getattr(diagnosis, "constraint_name", "") or ""):
        raise AlreadyReversed from None
    raise error
