"""How the outbox is doing, for the health check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from xinshi.kernel import clock
from xinshi.outbox.models import Delivery, Heartbeat


@dataclass(frozen=True, slots=True)
class Backlog:
    due: int
    oldest_due_at: datetime | None
    given_up: int


def backlog() -> Backlog:
    """What waits, since when, and what was given up."""
    row = Delivery.objects.exclude(state=Delivery.State.DONE).aggregate(
        due=Count("id", filter=Q(state=Delivery.State.DUE)),
        oldest=Min("due_at", filter=Q(state=Delivery.State.DUE)),
        given_up=Count("id", filter=Q(state=Delivery.State.GIVEN_UP)),
    )
    return Backlog(due=row["due"], oldest_due_at=row["oldest"], given_up=row["given_up"])


def worker_is_alive(*, seconds_max: int = 60) -> bool:
    """True where a worker was seen during the last `seconds_max` seconds."""
    return Heartbeat.objects.filter(beat_at__gte=clock.now() - timedelta(seconds=seconds_max)).exists()
