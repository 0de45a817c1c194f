"""What of this room is about one person: a copy for them, and what goes when they are erased.

Service records stay without a name, as the ministry's rules for records of service ask (志愿服务记录与证明出具办法).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.attendance.models import Anomaly, Correction, Pin, ServiceRecord, Trace
from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor
from xinshi.people.domain import EMPTIED


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    ids = list(person_ids)
    return {
        "service_records": copied(
            ServiceRecord.objects.filter(person__in=ids),
            "shift__activity__title",
            "shift__activity__place",
            "checked_in_at",
            "checked_in_through",
            "checked_out_at",
            "checked_out_through",
            "scheduled_minutes",
            "present_minutes",
            "credited_minutes",
            "hours_kind",
            "state",
            "entry_reason",
            "refusal_reason",
        ),
        "scans": copied(Trace.objects.filter(person__in=ids), "at", "event", "way", "place", "distance_hectometres"),
        "looked_at": copied(Anomaly.objects.filter(person__in=ids), "kind", "detail", "state", "note"),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """The PIN, marks of devices and places, and what people wrote about them go."""
    del actor
    ids = list(person_ids)
    Pin.objects.filter(pk__in=ids).delete()
    Trace.objects.filter(person__in=ids).update(device="", place="", distance_hectometres=None)
    Anomaly.objects.filter(person__in=ids).exclude(note="").update(note=EMPTIED)
    records = ServiceRecord.objects.filter(person__in=ids)
    records.exclude(entry_reason="").update(entry_reason=EMPTIED)
    records.exclude(refusal_reason="").update(refusal_reason=EMPTIED)
    corrections = Correction.objects.filter(record__person__in=ids)
    corrections.update(reason=EMPTIED)
    corrections.exclude(old_refusal_reason="").update(old_refusal_reason=EMPTIED)
