"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.attendance.models import ServiceRecord
from xinshi.bank.obstacles import Obstacle
from xinshi.kernel.errors import gettext_noop


def obstacles(person_id: int) -> list[Obstacle]:
    """Service that is going on, or that nobody has decided on yet: its hours would find no passbook."""
    undecided = (ServiceRecord.State.OPEN, ServiceRecord.State.SUBMITTED)
    number = ServiceRecord.objects.filter(person_id=person_id, state__in=undecided).count()
    text = gettext_noop("%(number)s service records are not decided: approve or refuse them.")
    return [Obstacle(text, {"number": number})] if number else []
