"""Who may ask for a department, and who sees which request."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from xinshi.activities.access import is_planner
from xinshi.activities.models import ServiceRequest
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.organizations.access import kept_by
from xinshi.organizations.models import Organization


class KeepsNoDepartment(DomainError):
    code = "keeps_no_department"
    message = gettext_noop(
        "Only who keeps a department can ask for volunteers. Let the volunteer service station enter you as its keeper."
    )
    status = 403


def kept_departments(actor: Actor) -> QuerySet[Organization]:
    """The departments for which the actor may ask: those they keep; every department for planners, who ask for others."""
    if is_planner(actor):
        return Organization.objects.filter(is_active=True, kind=Organization.Kind.DEPARTMENT).order_by("name")
    return kept_by(actor).order_by("name")


def visible_to(actor: Actor) -> QuerySet[ServiceRequest]:
    """Every request for planners and auditors; those of the departments one keeps, and one's own."""
    rows = ServiceRequest.objects.all()
    if is_planner(actor) or actor.has(Role.AUDITOR):
        return rows
    if actor.person_id is None:
        return rows.none()
    return rows.filter(Q(department__in=kept_departments(actor).order_by()) | Q(asked_by_id=actor.person_id))


def require_keeps(actor: Actor, department_id: int) -> None:
    """NotFound for a department that one does not keep."""
    if not kept_departments(actor).filter(pk=department_id).exists():
        raise NotFound
