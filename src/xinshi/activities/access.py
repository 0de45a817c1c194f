"""Who may see, plan and lead activities."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from xinshi.activities.models import Activity
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound

PLANNERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
LEADERS: Final = PLANNERS | {Role.LEADER}
LIST_READERS: Final = LEADERS | {Role.AUDITOR}
AROUND_SERVICE: Final = timedelta(hours=12)
"""So long before and after a shift its leader may look up whom to call for somebody."""


def visible_to(actor: Actor) -> QuerySet[Activity]:
    """Everything for planners and auditors; otherwise what was ever published, and what one is in charge of."""
    if actor.has(*PLANNERS, Role.AUDITOR):
        return Activity.objects.all()
    public = Q(state__in=[Activity.State.PUBLISHED, Activity.State.FINISHED])
    public |= Q(state=Activity.State.CANCELLED, published_at__isnull=False)
    if actor.person_id is not None and actor.has(Role.LEADER):
        public |= Q(person_in_charge_id=actor.person_id)
    return Activity.objects.filter(public)


def may_see(actor: Actor, *, state: str, published_at: datetime | None, person_in_charge_id: int) -> bool:
    """What `visible_to` says, of an activity that was read already."""
    if actor.has(*PLANNERS, Role.AUDITOR) or state in (Activity.State.PUBLISHED, Activity.State.FINISHED):
        return True
    if state == Activity.State.CANCELLED and published_at is not None:
        return True
    return actor.has(Role.LEADER) and actor.person_id is not None and actor.person_id == person_in_charge_id


def led_by(actor: Actor) -> QuerySet[Activity]:
    """The activities whose roster and records the actor may see and work on."""
    if actor.has(*PLANNERS):
        return Activity.objects.all()
    if actor.person_id is None or not actor.has(Role.LEADER):
        return Activity.objects.none()
    return Activity.objects.filter(person_in_charge_id=actor.person_id)


def lists_open_to(actor: Actor) -> QuerySet[Activity]:
    """The activities whose lists of people the actor may read: what one leads, and everything for auditors."""
    return Activity.objects.all() if actor.has(Role.AUDITOR) else led_by(actor)


def is_planner(actor: Actor) -> bool:
    return actor.has(*PLANNERS)


def leads(actor: Actor, person_in_charge_id: int) -> bool:
    """True for planners, and for a leader whose person is in charge."""
    if is_planner(actor):
        return True
    return actor.has(Role.LEADER) and actor.person_id is not None and actor.person_id == person_in_charge_id


def require_planner(actor: Actor) -> None:
    """Coordinators and administrators plan, publish and cancel."""
    if not is_planner(actor):
        raise NotAllowed


def require_lead(actor: Actor, person_in_charge_id: int) -> None:
    """What one does not lead is as if it were not there."""
    if not leads(actor, person_in_charge_id):
        raise NotFound


def person_for(actor: Actor, person_id: int | None, person_in_charge_id: int) -> int:
    """For whom the actor signs up: themself, or anybody where they lead the activity."""
    if person_id is None or person_id == actor.person_id:
        if actor.person_id is None:
            raise NotAllowed
        return actor.person_id
    if not leads(actor, person_in_charge_id):
        raise NotAllowed
    return person_id
