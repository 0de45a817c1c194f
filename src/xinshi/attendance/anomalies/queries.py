"""Reads of what was found: beside the approval, and the list to review."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.models import F, QuerySet

from xinshi.attendance import access
from xinshi.attendance.anomalies.models import Anomaly
from xinshi.attendance.models import ServiceRecord
from xinshi.kernel.actor import Actor

HOLDING: Final = (Anomaly.State.OPEN, Anomaly.State.UPHELD)
"""What keeps a record from being approved."""


def of_records(record_ids: Iterable[int]) -> dict[int, list[Anomaly]]:
    """What keeps these records from being approved, by record; one query."""
    found: dict[int, list[Anomaly]] = {}
    rows = Anomaly.objects.filter(
        record_id__in=set(record_ids), state__in=HOLDING, submission=F("record__submission")
    ).order_by("pk")
    for row in rows:
        found.setdefault(row.record_id, []).append(row)
    return found


def open_among(record_ids: Iterable[int]) -> frozenset[int]:
    """The ids of those records that nobody may approve before somebody decided about what is odd; one query."""
    rows = Anomaly.objects.filter(record_id__in=set(record_ids), state__in=HOLDING, submission=F("record__submission"))
    return frozenset(rows.values_list("record_id", flat=True))


def to_review(actor: Actor, *, kind: str = "") -> QuerySet[Anomaly]:
    """What is open on records that wait for approval and that the actor works on; not about oneself. The oldest first."""
    rows = Anomaly.objects.filter(
        state=Anomaly.State.OPEN,
        submission=F("record__submission"),
        record__state=ServiceRecord.State.SUBMITTED,
        record__in=access.workable_by(actor),
    ).exclude(person_id=actor.person_id or 0)
    if kind in Anomaly.Kind.values:
        rows = rows.filter(kind=kind)
    return (
        rows.select_related("record__shift__activity", "record__person")
        .defer("record__person__id_number", "record__person__phone")
        .order_by("found_at", "pk")
    )


def of_record(actor: Actor, record_id: int) -> QuerySet[Anomaly]:
    """Everything that was ever odd about a record, for who works on it."""
    rows = Anomaly.objects.filter(record_id=record_id, record__in=access.workable_by(actor))
    return rows.order_by("pk")
