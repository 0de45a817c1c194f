"""Publishing, calling off and finishing activities."""

from __future__ import annotations

from django.db import transaction

from xinshi.activities.access import require_planner
from xinshi.activities.domain import NotADraft, NothingToChange, ReasonMissing, ServiceAlreadyGiven
from xinshi.activities.events import ActivityCancelled, ActivityPublished, SignUpCancelled
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox import actions as outbox
from xinshi.people.models import Person

REASON_LENGTH_MAX = 300
FINISHED_AT_ONCE_MAX = 2_000


@transaction.atomic
def publish(*, actor: Actor, activity_id: int) -> None:
    """Open a draft's shifts for sign-up."""
    require_planner(actor)
    activity = _locked(activity_id)
    if activity.state != Activity.State.DRAFT:
        raise NotADraft
    Activity.objects.filter(pk=activity.pk).update(state=Activity.State.PUBLISHED, published_at=clock.now())
    Shift.objects.filter(activity=activity).update(is_open=True)
    record(actor=actor, action="activities.publish", object_ref=f"activity:{activity.pk}")
    outbox.publish(ActivityPublished(activity_id=activity.pk))


@transaction.atomic
def cancel_activity(*, actor: Actor, activity_id: int, reason: str) -> int:
    """Call an activity off and tell everybody who had a place, with the reason; returns how many had one."""
    require_planner(actor)
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    people = SignUp.objects.filter(shift__activity_id=activity_id, state=SignUp.State.CONFIRMED).values("person_id")
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
    activity = _locked(activity_id)
    if activity.state in (Activity.State.CANCELLED, Activity.State.FINISHED):
        raise NothingToChange
    list(Shift.objects.select_for_update().filter(activity=activity).order_by("pk").values_list("pk"))
    signups = SignUp.objects.filter(shift__activity=activity, state=SignUp.State.CONFIRMED).order_by("pk")
    affected = list(signups)
    if any(signup.attended_at is not None for signup in affected):
        raise ServiceAlreadyGiven
    at = clock.now()
    Activity.objects.filter(pk=activity.pk).update(
        state=Activity.State.CANCELLED, cancelled_at=at, cancellation_reason=reason
    )
    Shift.objects.filter(activity=activity).update(is_open=False, taken=0)
    SignUp.objects.filter(pk__in=[signup.pk for signup in affected]).update(
        state=SignUp.State.CANCELLED, cancelled_at=at, cancelled_by_ref=actor.reference
    )
    record(actor=actor, action="activities.cancel", object_ref=f"activity:{activity.pk}", people=len(affected))
    outbox.publish_many(
        [
            ActivityCancelled(activity_id=activity.pk),
            *(
                SignUpCancelled(signup_id=signup.pk, shift_id=signup.shift_id, person_id=signup.person_id)
                for signup in affected
            ),
        ]
    )
    _tell_called_off(activity, affected, reason)
    return len(affected)


@transaction.atomic
def finish_past_activities(*, actor: Actor) -> int:
    """Published activities whose last shift is over become finished; the worker calls this now and then."""
    require_planner(actor)
    at = clock.now()
    over = (
        Activity.objects.select_for_update()
        .filter(state=Activity.State.PUBLISHED)
        .exclude(pk__in=Shift.objects.filter(ends_at__gt=at).values("activity_id"))
        .order_by("pk")
    )
    ids = list(over.values_list("pk", flat=True)[:FINISHED_AT_ONCE_MAX])
    Shift.objects.filter(activity_id__in=ids).update(is_open=False)
    Activity.objects.filter(pk__in=ids).update(state=Activity.State.FINISHED)
    record_many(actor=actor, action="activities.finish", objects=[(f"activity:{pk}", {}) for pk in ids])
    return len(ids)


def _locked(activity_id: int) -> Activity:
    activity = Activity.objects.select_for_update().filter(pk=activity_id).first()
    if activity is None:
        raise NotFound
    return activity


def _tell_called_off(activity: Activity, signups: list[SignUp], reason: str) -> None:
    send_many(
        NewMessage(
            recipient_ref=f"person:{signup.person_id}",
            text=gettext_noop("“%(title)s” was called off: %(reason)s"),
            parameters={"title": activity.title, "reason": reason},
            object_ref=f"activity:{activity.pk}",
            key=f"signup:{signup.pk}:called-off",
        )
        for signup in signups
    )
