"""Who may see and make plans: planners make them, auditors read them; of nobody else's plan anything is seen here."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xinshi.activities.access import PLANNERS
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.scheduling.models import PlanningPeriod, PlanVersion

READERS: Final = PLANNERS | {Role.AUDITOR}


def is_planner(actor: Actor) -> bool:
    return actor.has(*PLANNERS)


def require_planner(actor: Actor) -> None:
    """Coordinators and administrators plan, edit and stop a plan."""
    if not is_planner(actor):
        raise NotAllowed


def require_reader(actor: Actor) -> None:
    if not actor.has(*READERS):
        raise NotAllowed


def visible_to(actor: Actor) -> QuerySet[PlanningPeriod]:
    """Every period for planners and auditors, none for others."""
    return PlanningPeriod.objects.all() if actor.has(*READERS) else PlanningPeriod.objects.none()


def versions_visible_to(actor: Actor) -> QuerySet[PlanVersion]:
    return PlanVersion.objects.filter(period__in=visible_to(actor))


def period_of(actor: Actor, period_id: int) -> PlanningPeriod:
    """NotFound for what the actor may not see."""
    found = visible_to(actor).filter(pk=period_id).first()
    if found is None:
        raise NotFound
    return found


def version_of(actor: Actor, version_id: int) -> PlanVersion:
    """A version with its period; NotFound for what the actor may not see."""
    found = versions_visible_to(actor).select_related("period").filter(pk=version_id).first()
    if found is None:
        raise NotFound
    return found
