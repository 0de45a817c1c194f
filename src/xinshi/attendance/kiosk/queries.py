"""Reads for the kiosk and for who keeps kiosks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from xinshi.activities.access import require_planner
from xinshi.activities.models import SignUp
from xinshi.attendance.kiosk.models import Kiosk, Pin
from xinshi.attendance.models import ServiceRecord
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

LINES_MAX = 12


@dataclass(frozen=True, slots=True)
class KioskLine:
    """One of the person's shifts of today as the kiosk shows it."""

    signup_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    record: ServiceRecord | None

    @property
    def state(self) -> str:
        """`expected`, or that of the record."""
        if self.record is None or self.record.state == ServiceRecord.State.WITHDRAWN:
            return "expected"
        return self.record.state

    @property
    def is_there(self) -> bool:
        return self.state == ServiceRecord.State.OPEN


def shifts_of_today(person_id: int) -> list[KioskLine]:
    """The person's places of today, one query; yesterday's where they are still in."""
    first, after = clock.day_bounds(clock.today())
    rows = (
        SignUp.objects.filter(
            person_id=person_id,
            state=SignUp.State.CONFIRMED,
            shift__starts_at__lt=after,
            shift__starts_at__gte=first - timedelta(days=1),
            shift__ends_at__gt=first,
        )
        .select_related("shift__activity", "record")
        .order_by("shift__starts_at", "pk")
    )
    return [
        KioskLine(
            signup_id=row.pk,
            title=row.shift.activity.title,
            place=row.shift.activity.place,
            starts_at=row.shift.starts_at,
            ends_at=row.shift.ends_at,
            record=getattr(row, "record", None),
        )
        for row in rows[:LINES_MAX]
    ]


def kiosks(actor: Actor) -> QuerySet[Kiosk]:
    """Every kiosk, those in service first; planners only."""
    require_planner(actor)
    return Kiosk.objects.select_related("site").order_by("revoked_at", "name", "pk")


def has_pin(actor: Actor) -> bool:
    return actor.person_id is not None and Pin.objects.filter(person_id=actor.person_id).exists()
