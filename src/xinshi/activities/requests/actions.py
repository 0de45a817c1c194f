"""Writes of requests. Locks: the request, then what creating or publishing its activity locks."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from xinshi.activities import access as activities_access
from xinshi.activities.actions.creating import create_activity
from xinshi.activities.actions.publishing import publish
from xinshi.activities.domain import REASON_LENGTH_MAX, CreatedActivity, NewActivity, NewRole, NewShift, ReasonMissing
from xinshi.activities.models import RequestStep, ServiceRequest
from xinshi.activities.requests import access
from xinshi.activities.requests.domain import (
    OPEN_STATES,
    NewServiceRequest,
    RequestPast,
    RequestPlanned,
    RequestSettled,
    answer_due,
    check_request,
)
from xinshi.activities.requests.settling import add_step, tell
from xinshi.activities.requirements import Requirements
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound, gettext_noop


@transaction.atomic
def ask(*, actor: Actor, request: NewServiceRequest, asked_by_id: int | None = None) -> int:
    """Ask for volunteers for a department that one keeps; planners may ask in somebody's name. The request's id."""
    access.require_keeps(actor, request.department_id)
    check_request(request)
    asker = asked_by_id if asked_by_id is not None and activities_access.is_planner(actor) else actor.person_id
    if asker is None:
        raise NotAllowed
    at = clock.now()
    known = ServiceRequest.objects.filter(asked_key=request.key, asked_by_id=asker).first()
    if known is not None:
        return known.pk
    try:
        with transaction.atomic():
            row = ServiceRequest.objects.create(
                department_id=request.department_id,
                asked_by_id=asker,
                asked_at=at,
                asked_key=request.key,
                title=request.title.strip(),
                category=request.category,
                place=request.place.strip(),
                starts_at=request.starts_at,
                ends_at=request.ends_at,
                people_number=request.people_number,
                qualifications=list(request.qualifications),
                description=request.description.strip(),
                contact=request.contact.strip(),
                due_on=answer_due(clock.today(), clock.local_day(request.starts_at)),
            )
    except IntegrityError:
        # Two clicks at the same moment: the other one was first.
        known = ServiceRequest.objects.filter(asked_key=request.key, asked_by_id=asker).first()
        if known is None:
            raise NotFound from None
        return known.pk
    add_step(row, RequestStep.Kind.ASKED, actor=actor, at=at)
    record(actor=actor, action="activities.ask", object_ref=f"service-request:{row.pk}", department=row.department_id)
    return row.pk


@transaction.atomic
def withdraw(*, actor: Actor, request_id: int) -> None:
    """The department needs nobody any more; only before it is granted."""
    row = _open(actor, request_id)
    access.require_keeps(actor, row.department_id)
    _settle(row, actor, ServiceRequest.State.WITHDRAWN)
    add_step(row, RequestStep.Kind.WITHDRAWN, actor=actor, at=clock.now())
    record(actor=actor, action="activities.withdraw_request", object_ref=f"service-request:{row.pk}")


@transaction.atomic
def take_up(*, actor: Actor, request_id: int) -> None:
    """A coordinator is at it; the department sees that. Twice changes nothing."""
    activities_access.require_planner(actor)
    row = _open(actor, request_id)
    if row.state == ServiceRequest.State.PLANNING:
        return
    _planning(row, actor, RequestStep.Kind.TAKEN_UP)


@transaction.atomic
def plan(*, actor: Actor, request_id: int, activity: NewActivity) -> CreatedActivity:
    """A draft for the request, as the coordinator adjusted it."""
    activities_access.require_planner(actor)
    row = _open(actor, request_id)
    if row.activity_id is not None:
        raise RequestPlanned
    made = create_activity(actor=actor, activity=activity)
    ServiceRequest.objects.filter(pk=row.pk).update(activity_id=made.activity_id)
    _planning(row, actor, RequestStep.Kind.PLANNED)
    return made


@transaction.atomic
def grant(*, actor: Actor, request_id: int) -> int:
    """Publish what was planned, or what was asked for exactly as it was asked; the activity's id.

    Refused where publishing is: risks not told, staff on duty, a time that is over.
    """
    activities_access.require_planner(actor)
    row = _open(actor, request_id)
    activity_id = row.activity_id
    if activity_id is None:
        if row.starts_at <= clock.now():
            raise RequestPast
        activity_id = plan(actor=actor, request_id=request_id, activity=as_asked(row)).activity_id
    publish(actor=actor, activity_id=activity_id)
    return activity_id


@transaction.atomic
def decline(*, actor: Actor, request_id: int, reason: str) -> None:
    """Say no and why; a draft that was planned already stays a draft of its own."""
    activities_access.require_planner(actor)
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    row = _open(actor, request_id)
    at = clock.now()
    ServiceRequest.objects.filter(pk=row.pk).update(activity=None)
    _settle(row, actor, ServiceRequest.State.DECLINED, reason)
    add_step(row, RequestStep.Kind.DECLINED, actor=actor, at=at, text=reason)
    record(actor=actor, action="activities.decline_request", object_ref=f"service-request:{row.pk}")
    tell(
        row,
        gettext_noop("Your request “%(title)s” cannot be granted: %(reason)s"),
        "declined",
        at,
        reason=reason,
    )


def as_asked(row: ServiceRequest) -> NewActivity:
    """The activity that the request asks for."""
    return NewActivity(
        title=row.title,
        category=row.category,
        place=row.place,
        organizer_id=row.department_id,
        person_in_charge_id=row.asked_by_id,
        description=row.description,
        roles=(NewRole(requirements=Requirements(qualifications=tuple(row.qualifications))),),
        shifts=(NewShift(starts_at=row.starts_at, ends_at=row.ends_at, places=row.people_number),),
    )


def _open(actor: Actor, request_id: int) -> ServiceRequest:
    """The request, locked; NotFound for one that the actor does not see, RequestSettled for one with its answer."""
    if not access.visible_to(actor).filter(pk=request_id).exists():
        raise NotFound
    row = ServiceRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    if row.state not in OPEN_STATES:
        raise RequestSettled
    return row


def _planning(row: ServiceRequest, actor: Actor, kind: RequestStep.Kind) -> None:
    at = clock.now()
    was_asked = row.state == ServiceRequest.State.ASKED
    ServiceRequest.objects.filter(pk=row.pk).update(state=ServiceRequest.State.PLANNING)
    add_step(row, kind, actor=actor, at=at)
    record(actor=actor, action=f"activities.request_{kind.value}", object_ref=f"service-request:{row.pk}")
    if was_asked:
        tell(row, gettext_noop("Your request “%(title)s” is being planned."), "planning", at)


def _settle(row: ServiceRequest, actor: Actor, state: ServiceRequest.State, reason: str = "") -> None:
    ServiceRequest.objects.filter(pk=row.pk).update(
        state=state, decided_at=clock.now(), decided_by_ref=actor.reference, reason=reason
    )
