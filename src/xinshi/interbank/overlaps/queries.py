"""Reads of overlaps, for keepers and auditors."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from xinshi.bank.models import Deposit
from xinshi.exchange.access import require_reader
from xinshi.interbank.overlaps.models import OverlapReview
from xinshi.kernel.actor import Actor

State = OverlapReview.State


@dataclass(frozen=True, slots=True)
class OverlapCard:
    """A review with the deposit that was known before, where it is one."""

    review: OverlapReview
    other: Deposit | None
    is_own: bool


def reviews(actor: Actor, *, is_waiting: bool) -> QuerySet[OverlapReview]:
    """Those that wait, oldest first; or those that were decided, newest first."""
    require_reader(actor)
    rows = OverlapReview.objects.select_related("deposit", "person")
    if is_waiting:
        return rows.filter(state=State.WAITING).order_by("pk")
    return rows.exclude(state=State.WAITING).order_by("-decided_at", "-pk")


def cards(actor: Actor, rows: list[OverlapReview]) -> list[OverlapCard]:
    ids = {row.pk: int(row.other_ref.removeprefix("deposit:")) for row in rows if row.other_ref.startswith("deposit:")}
    others = Deposit.objects.in_bulk(ids.values())
    return [OverlapCard(row, others.get(ids.get(row.pk, 0)), row.person_id == actor.person_id) for row in rows]


def waiting_count(actor: Actor) -> int:
    require_reader(actor)
    return OverlapReview.objects.filter(state=State.WAITING).count()
