"""The PostgreSQL engine: one round trip to a function that a migration created (`sql/posting.postgresql.sql`).

The function answers what it refuses, so neither a transaction nor a savepoint is needed around it: alone it is a
transaction of its own, and after a refusal the caller's transaction goes on. The statements are prepared on the driver's
connection, past the ORM's cursor, which would have the server plan them again every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction

from xinshi.kernel.errors import DomainError
from xinshi.ledger.domain import (
    AccountClosed,
    AccountUnknown,
    AlreadyReversed,
    KeyReused,
    NewTransfer,
    PostedTransfer,
    insufficient,
)

BOOK_ONE: Final = (
    "SELECT refusal, id, payload_hash, posted_at, available"
    " FROM ledger_book_one(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
BOOK_BATCH: Final = (
    "SELECT refusal, ids, known_keys, known_hashes, known_at, available, needed"
    " FROM ledger_book_batch(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
KEY_REUSED: Final = "XL001"
UNIQUE_VIOLATION: Final = "23505"


def post(
    batch: Mapping[str, tuple[NewTransfer, str]], *, actor_ref: str, at: datetime, hold_ids: Mapping[str, int]
) -> dict[str, PostedTransfer]:
    if not batch:
        return {}
    if len(batch) == 1:
        ((key, (transfer, digest)),) = batch.items()
        return {key: _post_one(transfer, digest, actor_ref, at, hold_ids.get(key))}
    known = _post_batch(batch, actor_ref, at, hold_ids)
    if all(key in known for key in batch):
        return known
    rest = {key: pair for key, pair in batch.items() if key not in known}
    return known | post(rest, actor_ref=actor_ref, at=at, hold_ids=hold_ids)


def _post_one(transfer: NewTransfer, digest: str, actor_ref: str, at: datetime, hold_id: int | None) -> PostedTransfer:
    refusal, identifier, stored_digest, posted_at, available = _answer(
        BOOK_ONE,
        (
            transfer.key,
            digest,
            str(transfer.debit_id),
            str(transfer.credit_id),
            str(transfer.minutes),
            transfer.kind,
            transfer.worked_on.isoformat(),
            None if hold_id is None else str(hold_id),
            None if transfer.reverses_id is None else str(transfer.reverses_id),
            transfer.group_id,
            transfer.memo,
            actor_ref,
            at.isoformat(),
        ),
    )
    if refusal is None:
        return PostedTransfer(identifier, transfer.key, is_new=True, posted_at=at)
    if refusal == "known":
        if stored_digest != digest:
            raise KeyReused(key=transfer.key)
        return PostedTransfer(identifier, transfer.key, is_new=False, posted_at=posted_at)
    raise _refusal(refusal, available, transfer.minutes)


def _post_batch(
    batch: Mapping[str, tuple[NewTransfer, str]], actor_ref: str, at: datetime, hold_ids: Mapping[str, int]
) -> dict[str, PostedTransfer]:
    """Book all; where some were booked before, nothing is written and only those are returned."""
    transfers = [transfer for transfer, _ in batch.values()]
    refusal, ids, known_keys, known_hashes, known_at, available, needed = _answer(
        BOOK_BATCH,
        (
            _texts(batch),
            _texts(digest for _, digest in batch.values()),
            _numbers([transfer.debit_id for transfer in transfers]),
            _numbers([transfer.credit_id for transfer in transfers]),
            _numbers([transfer.minutes for transfer in transfers]),
            _repeated([transfer.kind for transfer in transfers]),
            _repeated([transfer.worked_on.isoformat() for transfer in transfers]),
            _numbers_or_none([hold_ids.get(key) for key in batch] if hold_ids else []),
            _numbers_or_none([transfer.reverses_id for transfer in transfers]),
            _repeated([transfer.group_id for transfer in transfers]),
            _repeated([transfer.memo for transfer in transfers]),
            actor_ref,
            at.isoformat(),
        ),
    )
    if refusal is None:
        elsewhere = set(known_keys or ())
        return {
            key: PostedTransfer(identifier, key, key not in elsewhere, at)
            for key, identifier in zip(batch, ids, strict=True)
        }
    if refusal == "known":
        found = {}
        for key, identifier, digest, posted_at in zip(known_keys, ids, known_hashes, known_at, strict=True):
            if batch[key][1] != digest:
                raise KeyReused(key=key)
            found[key] = PostedTransfer(identifier, key, is_new=False, posted_at=posted_at)
        return found
    raise _refusal(refusal, available, needed)


def _refusal(code: str, available: int | None, needed: int | None) -> DomainError:
    if code == "insufficient":
        return insufficient(available=available or 0, needed=needed or 0)
    return AccountClosed() if code == "closed" else AccountUnknown()


def _answer(statement: str, parameters: Sequence[str | None]) -> tuple[Any, ...]:
    """The function's one row. Parameters are text, whose types the server takes from the function: one plan for all."""
    database = connections[DEFAULT_DB_ALIAS]
    try:
        if database.execute_wrappers or database.queries_logged:
            # Somebody counts or watches the statements: let them see this one.
            with database.cursor() as cursor:
                cursor.execute(statement, parameters)
                row = cursor.fetchone()
        else:
            database.ensure_connection()
            with database.wrap_database_errors:
                row = psycopg.Cursor(database.connection).execute(statement, parameters, prepare=True).fetchone()
    except DatabaseError as error:
        _raise_refusal(error)
    assert row is not None
    return tuple(row)


def _raise_refusal(error: DatabaseError) -> NoReturn:
    """What only the moment of writing showed, as a refusal; the server has given up the caller's transaction then."""
    if connection.in_atomic_block:
        transaction.set_rollback(True)
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    diagnosis = getattr(cause, "diag", None)
    if state == KEY_REUSED:
        raise KeyReused(key=getattr(diagnosis, "message_detail", "") or "") from None
    if state == UNIQUE_VIOLATION and "reverses" in (getattr(diagnosis, "constraint_name", "") or ""):
        raise AlreadyReversed from None
    raise error


def _texts(values: Iterable[str]) -> str:
    """An array as PostgreSQL writes it; the driver's own way costs several times as much."""
    return "{" + ",".join(['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]) + "}"


def _repeated(values: Sequence[str]) -> str:
    """Like `_texts`; values that are all the same go once."""
    return _texts(values if len(set(values)) > 1 else values[:1])


def _numbers(values: Sequence[int]) -> str:
    """Values that are all the same go once."""
    return "{" + ",".join(map(str, values if len(set(values)) > 1 else values[:1])) + "}"


def _numbers_or_none(values: Sequence[int | None]) -> str:
    """Empty where there is no number at all."""
    if not any(values):
        return "{}"
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
