"""Seals: Merkle roots over the transfers, chained, off the write path, cut so that no id can commit behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection, transaction

from xinshi.audit.horizon import safe_horizon
from xinshi.kernel import clock
from xinshi.ledger.models import Seal, SealNode, Transfer
from xinshi.ledger.proof import merkle
from xinshi.ledger.proof.seals import (
    CANONICAL_FIELDS,
    GENESIS_HASH,
    MERKLE,
    ROWS_ONLY,
    Header,
    canonical_row,
    moment_text,
    rows_root,
)
from xinshi.ledger.signing import ensure_signing_key

SEAL_ROWS_MAX: Final = 1_000
CARRIED_AT_ONCE: Final = 100
"""Seals of format 1 that are taken into the history in one transaction."""


def seal(*, chunks_max: int = 10_000) -> int:
    """Seal the transfers behind which no id can commit any more; returns how many were sealed.

    Not inside a transaction that posted: on PostgreSQL it waits for whoever is writing to the book when it begins.
    """
    horizon = safe_horizon(Transfer)
    ensure_signing_key()
    _carry_history()
    sealed = 0
    for _ in range(chunks_max):
        with transaction.atomic():
            rows = _seal_next(horizon)
        sealed += rows
        if rows == 0:
            break
    return sealed


def _lock() -> None:
    """One sealer at a time; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_seal'))")


def _seal_next(horizon: int) -> int:
    _lock()
    last = Seal.objects.order_by("-n").first()
    before, start, prev_hash = (last.n, last.to_id, last.hash) if last else (0, 0, GENESIS_HASH)
    rows = list(
        Transfer.objects.filter(id__gt=start, id__lte=horizon)
        .order_by("id")
        .values_list(*CANONICAL_FIELDS)[:SEAL_ROWS_MAX]
    )
    peaks = nodes_at(merkle.root_positions(before))
    if not rows or len(peaks) != before.bit_count():
        return 0  # Where the history lacks a seal, the next round carries it first.
    sealed_at = clock.now()
    made = Seal(
        n=before + 1,
        from_id=rows[0][0],
        to_id=rows[-1][0],
        rows=len(rows),
        prev_hash=prev_hash,
        root=rows_root(canonical_rows(rows)),
        history=merkle.root_from_nodes(list(peaks.values())).hex(),
        sealed_at=sealed_at,
    )
    made.hash = header_of(made).computed_hash
    made.save(force_insert=True)
    _grow(before, header_of(made).leaf, peaks)
    return len(rows)


def _grow(size: int, leaf: bytes, peaks: dict[int, bytes]) -> None:
    """Store the nodes that a seal's leaf adds to a history of `size` seals."""
    nodes = merkle.growth(size, leaf, peaks.__getitem__)
    start = merkle.whole_nodes(size)
    SealNode.objects.bulk_create(
        [SealNode(position=start + offset, hash=node.hex()) for offset, node in enumerate(nodes)]
    )


def _carry_history() -> None:
    """Take seals that the history lacks into it: those of format 1, made before there was one. Nothing sealed is changed."""
    while True:
        size = _history_size()
        waiting = list(Seal.objects.filter(n__gt=size).order_by("n")[:CARRIED_AT_ONCE])
        leaves = [proven_header_of(seal).leaf for seal in waiting]
        if not waiting:
            return
        with transaction.atomic():
            _lock()
            if _history_size() != size:
                continue
            for offset, leaf in enumerate(leaves):
                _grow(size + offset, leaf, nodes_at(merkle.growth_positions(size + offset)))


def _history_size() -> int:
    """How many seals the stored history has."""
    newest = SealNode.objects.order_by("-position").values_list("position", flat=True).first()
    if newest is None:
        return 0
    size = (newest + 1) // 2
    while merkle.whole_nodes(size) < newest + 1:
        size += 1
    return size


def nodes_at(positions: Sequence[int]) -> dict[int, bytes]:
    """The stored nodes of the history at these places, in the order asked; what is not there is left out."""
    found = dict(SealNode.objects.filter(position__in=positions).values_list("position", "hash"))
    return {position: bytes.fromhex(found[position]) for position in positions if position in found}


def header_of(seal: Seal) -> Header:
    """The seal as it was published; of format 1 without a root."""
    return Header(
        format=MERKLE if seal.root else ROWS_ONLY,
        n=seal.n,
        from_id=seal.from_id,
        to_id=seal.to_id,
        rows=seal.rows,
        prev_hash=seal.prev_hash,
        root=seal.root,
        history=seal.history,
        sealed_at=moment_text(seal.sealed_at),
        hash=seal.hash,
    )


def proven_header_of(seal: Seal) -> Header:
    """The seal as it stands in the history: of format 1 with the root that its rows make."""
    header = header_of(seal)
    return header if header.root else replace(header, root=rows_root(canonical_rows(rows_under(seal))))


def rows_under(seal: Seal) -> list[tuple[Any, ...]]:
    """The stored transfers that a seal covers, in the order of CANONICAL_FIELDS."""
    rows = Transfer.objects.filter(id__gte=seal.from_id, id__lte=seal.to_id).order_by("id")
    return list(rows.values_list(*CANONICAL_FIELDS)[: max(seal.rows, SEAL_ROWS_MAX) + 1])


def canonical_rows(rows: Iterable[Sequence[Any]]) -> list[bytes]:
    """Stored transfers (in the order of CANONICAL_FIELDS) as the bytes that a seal covers."""
    return [canonical_row(row) for row in rows]
