"""The SQLite engine: one writer at a time (`BEGIN IMMEDIATE`), so it reads, decides in Python, and writes in sets.

Everything is decided before anything is written: after a refusal the caller's transaction goes on, and no savepoint is
needed. The statements go to the driver's connection, past the ORM's cursor, which would cost more than they do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Sum

from xinshi.ledger.domain import (
    AccountClosed,
    AccountUnknown,
    KeyReused,
    NewTransfer,
    PostedTransfer,
    RunningBalance,
    insufficient,
)
from xinshi.ledger.models import Hold, Transfer

LOOKUP_SIZE: Final = 500
KNOWN: Final = "SELECT key FROM ledger_transfer WHERE key IN (SELECT value FROM json_each(?))"
ACCOUNTS: Final = """
SELECT a.closed_at IS NOT NULL, b.account_id, b.posted, b.held, b.floor, b.seq
  FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id
 WHERE a.id IN (SELECT value FROM json_each(?))
"""
KNOWN_ONE: Final = "SELECT key FROM ledger_transfer WHERE key = ?"
ACCOUNTS_OF_TWO: Final = ACCOUNTS.replace("(SELECT value FROM json_each(?))", "(?, ?)")
INSERT_TRANSFER: Final = """
INSERT INTO ledger_transfer (id, key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, hold_id,
                             reverses_id, group_id, actor_ref, memo)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
INSERT_ENTRY: Final = (
    "INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after) VALUES (?, ?, ?, ?, ?)"
)
UPDATE_BALANCE: Final = "UPDATE ledger_balance SET posted = ?, held = ?, seq = ? WHERE account_id = ?"
NEXT_ID: Final = "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'ledger_transfer'"


def post(
    batch: Mapping[str, tuple[NewTransfer, str]], *, actor_ref: str, at: datetime, hold_ids: Mapping[str, int]
) -> dict[str, PostedTransfer]:
    database = connections[DEFAULT_DB_ALIAS]
    if database.in_atomic_block:
        return _post(database, batch, actor_ref, at, hold_ids)
    with transaction.atomic():
        return _post(database, batch, actor_ref, at, hold_ids)


def _post(
    database: BaseDatabaseWrapper,
    batch: Mapping[str, tuple[NewTransfer, str]],
    actor_ref: str,
    at: datetime,
    hold_ids: Mapping[str, int],
) -> dict[str, PostedTransfer]:
    results = _known(database, batch)
    new = {key: pair for key, pair in batch.items() if key not in results} if results else batch
    if not new:
        return results
    sides = {transfer.debit_id for transfer, _ in new.values()} | {transfer.credit_id for transfer, _ in new.values()}
    balances = _balances(database, sides)
    _release_held(balances, hold_ids, new)
    overdue: list[int] = []
    posted_at = at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    transfer_rows: list[tuple[Any, ...]] = []
    entry_rows: list[tuple[int, ...]] = []
    for identifier, (key, (transfer, digest)) in enumerate(new.items(), start=_next_transfer_id(database)):
        debit_id, credit_id, minutes = transfer.debit_id, transfer.credit_id, transfer.minutes
        transfer_rows.append(
            (
                identifier,
                key,
                digest,
                debit_id,
                credit_id,
                minutes,
                transfer.kind,
                transfer.worked_on.isoformat(),
                posted_at,
                hold_ids.get(key),
                transfer.reverses_id,
                transfer.group_id,
                actor_ref,
                transfer.memo,
            )
        )
        if (running := balances.get(debit_id)) is not None:
            if running.available < minutes and _make_room(running, minutes, at):
                overdue.append(debit_id)
            seq, after = running.apply(-minutes)
            entry_rows.append((debit_id, seq, identifier, -minutes, after))
        if (running := balances.get(credit_id)) is not None:
            seq, after = running.apply(minutes)
            entry_rows.append((credit_id, seq, identifier, minutes, after))
        results[key] = PostedTransfer(identifier, key, True, at)  # noqa: FBT003  # by place, for speed
    _write(database, transfer_rows, entry_rows, balances.values(), overdue, at)
    return results


def _write(
    database: BaseDatabaseWrapper,
    transfer_rows: Sequence[tuple[Any, ...]],
    entry_rows: Sequence[tuple[int, ...]],
    balances: Iterable[RunningBalance],
    overdue: Sequence[int],
    at: datetime,
) -> None:
    """All at once; should the database refuse a row, which nothing decided here leads to, the whole transaction goes."""
    if overdue:
        holds = Hold.objects.filter(account_id__in=overdue, state=Hold.State.OPEN, expires_at__lte=at)
        holds.update(state=Hold.State.EXPIRED, ended_at=at)
    balance_rows = [(row.posted, row.held, row.seq, row.account_id) for row in balances]
    try:
        with database.wrap_database_errors:
            for statement, rows in (
                (INSERT_TRANSFER, transfer_rows),
                (INSERT_ENTRY, entry_rows),
                (UPDATE_BALANCE, balance_rows),
            ):
                database.connection.executemany(statement, rows)
    except DatabaseError:
        transaction.set_rollback(True)
        raise


def _rows(database: BaseDatabaseWrapper, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with database.wrap_database_errors:
        return list(database.connection.execute(statement, parameters))


def _known(database: BaseDatabaseWrapper, batch: Mapping[str, tuple[NewTransfer, str]]) -> dict[str, PostedTransfer]:
    """What the batch's keys posted before; KeyReused where the payload was another."""
    found: dict[str, PostedTransfer] = {}
    rows = _rows(database, *((KNOWN_ONE, tuple(batch)) if len(batch) == 1 else (KNOWN, _list(batch))))
    keys = [key for (key,) in rows]
    for start in range(0, len(keys), LOOKUP_SIZE):
        stored = Transfer.objects.filter(key__in=keys[start : start + LOOKUP_SIZE])
        for key, identifier, digest, posted_at in stored.values_list("key", "id", "payload_hash", "posted_at"):
            if batch[key][1] != digest:
                raise KeyReused(key=key)
            found[key] = PostedTransfer(identifier, key, is_new=False, posted_at=posted_at)
    return found


def _list(values: Iterable[Any]) -> tuple[str]:
    """Any number of values as one variable of a statement, for `json_each`."""
    return (json.dumps(list(values)),)


def _balances(database: BaseDatabaseWrapper, account_ids: set[int]) -> dict[int, RunningBalance]:
    """The bounded accounts among those named; AccountClosed or AccountUnknown where one cannot be booked on."""
    is_pair = len(account_ids) == 2
    rows = _rows(database, *((ACCOUNTS_OF_TWO, tuple(account_ids)) if is_pair else (ACCOUNTS, _list(account_ids))))
    if any(is_closed for is_closed, *_ in rows):
        raise AccountClosed
    if len(rows) != len(account_ids):
        raise AccountUnknown
    return {row[1]: RunningBalance(*row[1:]) for row in rows if row[1] is not None}


def _release_held(
    balances: Mapping[int, RunningBalance], hold_ids: Mapping[str, int], new: Mapping[str, tuple[NewTransfer, str]]
) -> None:
    """A capture spends what its own hold set aside."""
    for key in hold_ids:
        if key in new:
            transfer = new[key][0]
            balances[transfer.debit_id].held -= transfer.minutes


def _make_room(running: RunningBalance, minutes: int, at: datetime) -> bool:
    """Where a spend would be refused, count the account's overdue holds as given back; False if it has none."""
    overdue = Hold.objects.filter(account_id=running.account_id, state=Hold.State.OPEN, expires_at__lte=at)
    freed: int = overdue.aggregate(total=Sum("minutes"))["total"] or 0
    if running.available + freed < minutes:
        raise insufficient(available=running.available + freed, needed=minutes)
    running.held -= freed
    return freed > 0


def _next_transfer_id(database: BaseDatabaseWrapper) -> int:
    rows = _rows(database, NEXT_ID, ())
    return int(rows[0][0]) if rows else 1
