"""Publishing, calling off and finishing activities."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from xinshi.activities.access import require_planner
from xinshi.activities.actions.creating import require_publishable, require_recordable, staff_organizations
from xinshi.activities.actions.locking import LIVE, lock_whole
from xinshi.activities.domain import (
    REASON_LENGTH_MAX,
    NotADraft,
    NothingToChange,
    ReasonMissing,
    ServiceAlreadyGiven,
    SomebodySignedUp,
)
from xinshi.activities.events import ActivityCancelled, ActivityPublished, SignUpCancelled
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.activities.planned import planned
from xinshi.activities.requests.settling import settle_cancelled, settle_published, settle_unpublished
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox import actions as outbox

FINISHED_AT_ONCE_MAX = 2_000


@transaction.atomic
def publish(*, actor: Actor, activity_id: int) -> None:
    """Open a draft's shifts for sign-up; refused where risks are not told or staff would serve on duty."""
    require_planner(actor)
    found = lock_whole(activity_id)
    if found.activity.state != Activity.State.DRAFT:
        raise NotADraft
    activity = planned(found.activity, found.shifts.values())
    require_recordable(activity)
    require_publishable(activity, staff_organizations([activity]))
    at = clock.now()
    Activity.objects.filter(pk=activity_id).update(state=Activity.State.PUBLISHED, published_at=at)
    Shift.objects.filter(activity_id=activity_id).update(is_open=True)
    settle_published(actor=actor, activity_id=activity_id, at=at)
    record(actor=actor, action="activities.publish", object_ref=f"activity:{activity_id}")
    outbox.publish(ActivityPublished(activity_id=activity_id))


@transaction.atomic
def unpublish(*, actor: Actor, activity_id: int) -> None:
    """Take a publication back while nobody has ever signed up; the activity is a draft again and nobody is told."""
    require_planner(actor)
    found = lock_whole(activity_id)
    if found.activity.state != Activity.State.PUBLISHED:
        raise NothingToChange
    if SignUp.objects.filter(shift__activity_id=activity_id).exists():
        raise SomebodySignedUp
    Activity.objects.filter(pk=activity_id).update(state=Activity.State.DRAFT, published_at=None)
    Shift.objects.filter(activity_id=activity_id).update(is_open=False)
    settle_unpublished(actor=actor, activity_id=activity_id, at=clock.now())
    record(actor=actor, action="activities.unpublish", object_ref=f"activity:{activity_id}")


@transaction.atomic
def cancel_activity(*, actor: Actor, activity_id: int, reason: str) -> int:
    """Call an activity off and tell everybody concerned, with the reason; returns how many people that are.

    Concerned is who had a place, was offered one, waits for one, or asked for one.
    """
    require_planner(actor)
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    activity = lock_whole(activity_id).activity
    if activity.state in (Activity.State.CANCELLED, Activity.State.FINISHED):
        raise NothingToChange
    signups = SignUp.objects.filter(shift__activity=activity, state__in=LIVE).order_by("pk")
    affected = list(signups)
    if any(signup.attended_at is not None for signup in affected):
        raise ServiceAlreadyGiven
    at = clock.now()
    Activity.objects.filter(pk=activity.pk).update(
        state=Activity.State.CANCELLED,
        cancelled_at=at,
        cancellation_reason=reason,
        revision=F("revision") + 1,
        changed_at=at,
    )
    Shift.objects.filter(activity=activity).update(is_open=False, taken=0)
    SignUp.objects.filter(shift__activity=activity, state__in=LIVE).update(
        state=SignUp.State.CANCELLED, cancelled_at=at, cancelled_by_ref=actor.reference
    )
    settle_cancelled(actor=actor, activity_id=activity.pk, at=at, reason=reason)
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
    people = sorted({signup.person_id for signup in affected})
    _tell_called_off(activity, people, reason)
    return len(people)


@transaction.atomic
def finish_past_activities(*, actor: Actor) -> int:
    """Published activities whose last shift is over become finished; the worker calls this now and then.

    Returns how many, at most FINISHED_AT_ONCE_MAX; call again for the rest.
    """
    require_planner(actor)
    at = clock.now()
    coming = Shift.objects.filter(ends_at__gt=at).values("activity_id")
    over = Activity.objects.filter(state=Activity.State.PUBLISHED).exclude(pk__in=coming)
    locked = over.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)[:FINISHED_AT_ONCE_MAX]
    # Whoever held the lock may have added a shift meanwhile: only what the second look still finds is over.
    ids = list(over.filter(pk__in=list(locked)).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return 0
    Shift.objects.filter(activity_id__in=ids).update(is_open=False)
    Activity.objects.filter(pk__in=ids).update(state=Activity.State.FINISHED)
    record_many(actor=actor, action="activities.finish", objects=[(f"activity:{pk}", {}) for pk in ids])
    return len(ids)


def _tell_called_off(activity: Activity, people: list[int], reason: str) -> None:
    """One message for each of these people, however many shifts they had."""
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=gettext_noop("“%(title)s” was called off: %(reason)s"),
            parameters={"title": activity.title, "reason": reason},
            object_ref=f"activity:{activity.pk}",
            key=f"activity:{activity.pk}:called-off:{person_id}",
        )
        for person_id in people
    )
