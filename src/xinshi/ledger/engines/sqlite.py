"""The SQLite engine: one writer at a time (`BEGIN IMMEDIATE`), so it reads, decides in Python, and writes in sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Sum

from xinshi.ledger.domain import AccountClosed, AccountUnknown, KeyReused, NewTransfer, RunningBalance, insufficient
from xinshi.ledger.engines import Posting
from xinshi.ledger.models import Account, Balance, Hold, Transfer

VARIABLES_MAX: Final = 500

INSERT_TRANSFER: Final = """
INSERT INTO ledger_transfer (id, key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, hold_id,
                             reverses_id, group_id, actor_ref, memo)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
INSERT_ENTRY: Final = (
    "INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after) VALUES (%s, %s, %s, %s, %s)"
)
UPDATE_BALANCE: Final = "UPDATE ledger_balance SET posted = %s, held = %s, seq = %s WHERE account_id = %s"


def post(
    batch: Mapping[str, tuple[NewTransfer, str]], *, actor_ref: str, at: datetime, hold_ids: Mapping[str, int]
) -> dict[str, Posting]:
    assert connection.in_atomic_block
    results = _known(batch)
    new = {key: pair for key, pair in batch.items() if key not in results}
    if not new:
        return results
    accounts = {side for transfer, _ in new.values() for side in (transfer.debit_id, transfer.credit_id)}
    _refuse_closed_and_unknown(accounts)
    balances = _balances(accounts)
    _release_held(balances, hold_ids, new)
    next_id = _next_transfer_id()
    transfer_rows: list[tuple[Any, ...]] = []
    entry_rows: list[tuple[int, ...]] = []
    for identifier, (key, (transfer, digest)) in enumerate(new.items(), start=next_id):
        transfer_rows.append(_transfer_row(identifier, transfer, digest, hold_ids.get(key), actor_ref, at))
        for account_id, amount in ((transfer.debit_id, -transfer.minutes), (transfer.credit_id, transfer.minutes)):
            if (running := balances.get(account_id)) is not None:
                _make_room(running, amount, at)
                seq, after = running.apply(amount)
                entry_rows.append((account_id, seq, identifier, amount, after))
        results[key] = Posting(id=identifier, is_new=True, posted_at=at)
    with connection.cursor() as cursor:
        cursor.executemany(INSERT_TRANSFER, transfer_rows)
        cursor.executemany(INSERT_ENTRY, entry_rows)
        cursor.executemany(UPDATE_BALANCE, [(b.posted, b.held, b.seq, b.account_id) for b in balances.values()])
    return results


def _chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Parts of `values` that fit into one statement's variables."""
    rest = list(values)
    for start in range(0, len(rest), VARIABLES_MAX):
        yield rest[start : start + VARIABLES_MAX]


def _known(batch: Mapping[str, tuple[NewTransfer, str]]) -> dict[str, Posting]:
    """What the batch's keys posted before; KeyReused where the payload was another."""
    found: dict[str, Posting] = {}
    for keys in _chunks(batch):
        rows = Transfer.objects.filter(key__in=keys).values_list("key", "id", "payload_hash", "posted_at")
        for key, identifier, digest, posted_at in rows:
            if batch[key][1] != digest:
                raise KeyReused(key=key)
            found[key] = Posting(id=identifier, is_new=False, posted_at=posted_at)
    return found


def _refuse_closed_and_unknown(account_ids: set[int]) -> None:
    seen = 0
    for ids in _chunks(account_ids):
        for closed_at in Account.objects.filter(pk__in=ids).values_list("closed_at", flat=True):
            if closed_at is not None:
                raise AccountClosed
            seen += 1
    if seen != len(account_ids):
        raise AccountUnknown


def _balances(account_ids: set[int]) -> dict[int, RunningBalance]:
    found: dict[int, RunningBalance] = {}
    for ids in _chunks(sorted(account_ids)):
        rows = Balance.objects.filter(account_id__in=ids).values_list("account_id", "posted", "held", "floor", "seq")
        found |= {row[0]: RunningBalance(*row) for row in rows}
    return found


def _release_held(
    balances: Mapping[int, RunningBalance], hold_ids: Mapping[str, int], new: Mapping[str, tuple[NewTransfer, str]]
) -> None:
    """A capture spends what its own hold set aside."""
    for key in hold_ids:
        if key in new:
            transfer = new[key][0]
            balances[transfer.debit_id].held -= transfer.minutes


def _make_room(running: RunningBalance, amount: int, at: datetime) -> None:
    """Where a spend would be refused, give the account's overdue holds back first."""
    if amount >= 0 or running.available + amount >= 0:
        return
    overdue = Hold.objects.filter(account_id=running.account_id, state=Hold.State.OPEN, expires_at__lte=at)
    minutes = overdue.aggregate(total=Sum("minutes"))["total"] or 0
    if running.available + minutes + amount < 0:
        raise insufficient(available=running.available + minutes, needed=-amount)
    overdue.update(state=Hold.State.EXPIRED, ended_at=at)
    running.held -= minutes


def _next_transfer_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'ledger_transfer'")
        row = cursor.fetchone()
    return int(row[0]) + 1 if row else 1


def _transfer_row(
    identifier: int, transfer: NewTransfer, digest: str, hold_id: int | None, actor_ref: str, at: datetime
) -> tuple[Any, ...]:
    return (
        identifier,
        transfer.key,
        digest,
        transfer.debit_id,
        transfer.credit_id,
        transfer.minutes,
        transfer.kind,
        connection.ops.adapt_datefield_value(transfer.worked_on),
        connection.ops.adapt_datetimefield_value(at),
        hold_id,
        transfer.reverses_id,
        transfer.group_id,
        actor_ref,
        transfer.memo,
    )
