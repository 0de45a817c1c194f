"""Who may report and see outcomes."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xinshi.activities import access as activities
from xinshi.activities.models import Activity
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound

READERS: Final = activities.PLANNERS | {Role.AUDITOR}
REPORTERS: Final = activities.LEADERS


def reportable(actor: Actor, activity_id: int, *, lock: bool = False) -> Activity:
    """An activity of which the actor may report what came of it; NotFound unless they lead it."""
    rows = activities.led_by(actor)
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    activity = rows.filter(pk=activity_id).first()
    if activity is None:
        raise NotFound
    return activity


def led_by(actor: Actor) -> QuerySet[Activity]:
    """The activities of which the actor is to report."""
    return activities.led_by(actor)


def require_reader(actor: Actor) -> None:
    if not actor.has(*READERS):
        raise NotAllowed


def require_keeper(actor: Actor) -> None:
    """Coordinators and administrators keep the catalogue of measures."""
    if not activities.is_planner(actor):
        raise NotAllowed
