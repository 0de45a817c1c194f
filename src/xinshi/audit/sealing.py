"""Seals over tables that are written once: off the write path, chained, cut so that no row can commit behind one.

Whoever can write to the database can drop its triggers, and then change a row. What they cannot do is change a row so
that its seal still fits, or make seals anew whose newest hash is the one that was published outside the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, models, transaction

from xinshi.audit.horizon import safe_horizon
from xinshi.audit.models import AuditEntry, AuditSeal
from xinshi.kernel import clock
from xinshi.kernel.digests import GENESIS, chained, row_bytes

SEAL_ROWS_MAX: Final = 1_000
SEALS_AT_ONCE_MAX: Final = 10_000
HEAD_LENGTH_MIN: Final = 12
"""A published head may have been shortened to this many digits."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A table whose `fields` never change once a row is there; the first is `id`, which only grows."""

    name: str
    model: type[models.Model]
    fields: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.fields[0] == "id", "rows are sealed in the order of their ids"


TRAIL: Final = Chain("trail", AuditEntry, ("id", "at", "actor_ref", "action", "object_ref", "detail"))
_CHAINS: dict[str, Chain] = {TRAIL.name: TRAIL}


def seal_rows_of(chain: Chain) -> None:
    """Let a room have what it writes once sealed as well; called when the house starts."""
    _CHAINS[chain.name] = chain


def seal() -> int:
    """Seal, in every chain, the rows behind which none can commit any more; returns how many were sealed."""
    return sum(_seal_chain(chain) for chain in _CHAINS.values())


def newest_seals() -> list[AuditSeal]:
    """The newest seal of each chain that has one."""
    newest = (AuditSeal.objects.filter(chain=name).order_by("-n").first() for name in _CHAINS)
    return [found for found in newest if found is not None]


def heads() -> dict[str, str]:
    """The newest seal's hash by chain: to be kept outside the database."""
    return {found.chain: found.hash for found in newest_seals()}


def stands(head: str) -> bool:
    """Whether a head that was published once is still the hash of a seal."""
    return len(head) >= HEAD_LENGTH_MIN and AuditSeal.objects.filter(hash__startswith=head).exists()


def first_broken_seal() -> str:
    """Recompute every chain: the first difference as a sentence, or the empty string."""
    unknown = AuditSeal.objects.exclude(chain__in=_CHAINS).order_by("chain", "n").first()
    if unknown is not None:
        return f"seal {unknown.n} of {unknown.chain}: nobody knows this chain"
    return next((found for chain in _CHAINS.values() if (found := _first_broken_in(chain))), "")


def _first_broken_in(chain: Chain) -> str:
    prev_hash, expected_n = GENESIS, 1
    covered_to: int | None = None
    for stored in AuditSeal.objects.filter(chain=chain.name).order_by("n").iterator(chunk_size=500):
        if stored.n != expected_n or stored.prev_hash != prev_hash:
            return f"seal {stored.n} of {chain.name}: the chain is broken before it"
        fields = tuple(stored.fields.split(","))
        if set(fields) - set(chain.fields):
            return f"seal {stored.n} of {chain.name}: covers columns that nobody knows"
        rows = list(_rows(chain, fields, after=covered_to, until=stored.to_id))
        if len(rows) != stored.rows or stored.hash != _hash(stored, rows):
            return f"seal {stored.n} of {chain.name}: rows {stored.from_id} to {stored.to_id} are not what was sealed"
        prev_hash, expected_n, covered_to = stored.hash, stored.n + 1, stored.to_id
    return ""


def _rows(
    chain: Chain, fields: tuple[str, ...], *, after: int | None, until: int
) -> models.QuerySet[Any, tuple[Any, ...]]:
    """What stands between the seal before (None: from the very beginning, ids below one included) and `until`."""
    rows: models.QuerySet[Any] = models.QuerySet(chain.model).filter(pk__lte=until)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return rows.order_by("pk").values_list(*fields)


def _hash(about: AuditSeal, rows: list[tuple[Any, ...]]) -> str:
    """Over the seal's own columns and its rows."""
    header = (about.chain, about.n, about.from_id, about.to_id, about.rows, about.fields, about.sealed_at)
    return chained(about.prev_hash, [row_bytes(header), *(row_bytes(row) for row in rows)])


def _seal_chain(chain: Chain) -> int:
    horizon = safe_horizon(chain.model)
    sealed = 0
    for _ in range(SEALS_AT_ONCE_MAX):
        with transaction.atomic():
            rows = _seal_next(chain, horizon)
        sealed += rows
        if rows == 0:
            break
    return sealed


def _seal_next(chain: Chain, horizon: int) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit_seal'))")
    last = AuditSeal.objects.filter(chain=chain.name).order_by("-n").first()
    waiting = _rows(chain, chain.fields, after=last.to_id if last else None, until=horizon)
    rows = list(waiting[:SEAL_ROWS_MAX])
    if not rows:
        return 0
    new = AuditSeal(
        chain=chain.name,
        n=last.n + 1 if last else 1,
        from_id=rows[0][0],
        to_id=rows[-1][0],
        rows=len(rows),
        fields=",".join(chain.fields),
        prev_hash=last.hash if last else GENESIS,
        sealed_at=clock.now(),
    )
    new.hash = _hash(new, rows)
    new.save(force_insert=True)
    return len(rows)
