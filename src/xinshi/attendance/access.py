"""Who may see service records and decide on them."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from xinshi.activities.access import is_planner, led_by
from xinshi.attendance.models import Approval, ServiceRecord
from xinshi.kernel.actor import Actor, Role
from xinshi.people.access import is_own


def visible_to(actor: Actor) -> QuerySet[ServiceRecord]:
    """All for planners and auditors; a leader's activities; one's own."""
    if is_planner(actor) or actor.has(Role.AUDITOR):
        return ServiceRecord.objects.all()
    if actor.person_id is None:
        return ServiceRecord.objects.none()
    own = is_own(actor)
    if actor.has(Role.LEADER):
        own |= Q(shift__activity__person_in_charge_id=actor.person_id)
    return ServiceRecord.objects.filter(own)


def workable_by(actor: Actor) -> QuerySet[ServiceRecord]:
    """The records of activities that the actor leads: to check out, correct, approve or refuse."""
    if is_planner(actor):
        return ServiceRecord.objects.all()
    return ServiceRecord.objects.filter(shift__activity__in=led_by(actor))


def waiting_for(actor: Actor, levels: int) -> QuerySet[ServiceRecord]:
    """Submitted records whose next step the actor may take; never their own. `levels` by the bank's policy."""
    waiting = workable_by(actor).filter(state=ServiceRecord.State.SUBMITTED)
    if actor.person_id is not None:
        waiting = waiting.exclude(person_id=actor.person_id)
    if levels == 1 or actor.is_system:
        return waiting
    first = Q(levels_approved=0, shift__activity__person_in_charge_id=actor.person_id or 0)
    if not is_planner(actor):
        return waiting.filter(first)
    leader_served = Q(levels_approved=0, shift__activity__person_in_charge_id=F("person_id"))
    mine = Approval.objects.filter(
        record_id=OuterRef("pk"), submission=OuterRef("submission"), approved_by_ref=actor.reference
    )
    return waiting.filter(first | leader_served | Q(levels_approved=1)).exclude(Exists(mine))
