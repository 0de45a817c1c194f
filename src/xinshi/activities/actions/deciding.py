"""Who leads decides about requests, notes who did not come, and takes that back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from xinshi.activities import access
from xinshi.activities.actions.holding import (
    lock_line,
    lock_people,
    publish_signed_up,
    release,
    take_place,
    tell,
)
from xinshi.activities.domain import (
    REASON_LENGTH_MAX,
    NotANoShow,
    NotRequested,
    ReasonMissing,
    ShiftFull,
)
from xinshi.activities.eligibility import refusals
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import candidates, sign_up_rules, surroundings
from xinshi.activities.queries.listing import TakenPlace
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound, gettext_noop

NO_SHOW_LOOK_BACK: Final = timedelta(days=7)
"""Shifts that ended longer ago are not looked at: what was entered before this rule stays as it is."""
NO_SHOWS_AT_ONCE_MAX: Final = 500


@transaction.atomic
def decide_request(*, actor: Actor, signup_id: int, accept: bool, reason: str = "") -> TakenPlace:
    """Give the place that somebody asked for, or decline with a reason that they read. By who leads the activity.

    What stands against it now (rules, a full shift) refuses; a coordinator adds the person with a reason instead.
    """
    signup = _led(actor, signup_id)
    activity = signup.shift.activity
    reason = reason.replace("\0", "").strip()[:REASON_LENGTH_MAX]
    if not accept and not reason:
        raise ReasonMissing
    line = lock_line(signup.shift_id, [signup.person_id])
    signup.refresh_from_db(fields=["state"])
    wanted = SignUp.State.CONFIRMED if accept else SignUp.State.DECLINED
    if signup.state == wanted:
        return TakenPlace(signup.pk, signup.shift_id, signup.person_id, wanted.value)
    if signup.state != SignUp.State.REQUESTED:
        raise NotRequested
    at = clock.now()
    if accept:
        found = candidates([signup.person_id], [line.offer])[signup.person_id]
        around = surroundings([line.offer], at=at, is_led=True)
        for error in refusals(found, line.offer, around):
            raise error
        if not take_place(found, line.offer, around):
            raise ShiftFull
    SignUp.objects.filter(pk=signup.pk).update(
        state=wanted, decided_at=at, decided_by_ref=actor.reference, reason="" if accept else reason
    )
    action = "activities.grant_request" if accept else "activities.decline_request"
    record(actor=actor, action=action, object_ref=f"signup:{signup.pk}", shift=signup.shift_id)
    if accept:
        publish_signed_up([signup])
        tell([signup], activity, gettext_noop("The place in “%(title)s” is yours. See you there!"), "granted")
    else:
        text = gettext_noop("No place in “%(title)s” this time: %(reason)s")
        tell([signup], activity, text, "declined", reason=reason)
    return TakenPlace(signup.pk, signup.shift_id, signup.person_id, wanted.value)


@transaction.atomic
def mark_no_shows(*, actor: Actor) -> int:
    """Whoever had a place in a shift that ended a while ago and was never checked in did not come. For the worker.

    Returns how many, at most NO_SHOWS_AT_ONCE_MAX; call again for the rest.
    """
    if not actor.is_system:
        raise NotAllowed
    at = clock.now()
    latest = at - timedelta(minutes=sign_up_rules().no_show_after_minutes)
    missing = SignUp.objects.filter(
        state=SignUp.State.CONFIRMED,
        attended_at=None,
        shift__ends_at__lte=latest,
        shift__starts_at__gt=latest - NO_SHOW_LOOK_BACK,
        shift__activity__cancelled_at=None,
    )
    chosen = list(missing.order_by("shift_id", "pk")[:NO_SHOWS_AT_ONCE_MAX])
    if not chosen:
        return 0
    lock_people({row.person_id for row in chosen}, known=True)
    shifts = {row.shift_id for row in chosen}
    list(Shift.objects.select_for_update().filter(pk__in=shifts).order_by("pk").values_list("pk"))
    rows = list(missing.filter(pk__in=[row.pk for row in chosen]).select_related("shift__activity"))
    SignUp.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=SignUp.State.NO_SHOW, decided_at=at, decided_by_ref=actor.reference
    )
    for shift_id in sorted({row.shift_id for row in rows}):
        release(shift_id, sum(row.shift_id == shift_id for row in rows))
    record_many(
        actor=actor,
        action="activities.no_show",
        objects=[(f"signup:{row.pk}", {"shift": row.shift_id, "person": row.person_id}) for row in rows],
    )
    for row in rows:
        text = gettext_noop(
            "You had a place in “%(title)s” and nobody checked you in. If you were there, tell the person in charge."
        )
        tell([row], row.shift.activity, text, "no-show")
    return len(rows)


@transaction.atomic
def undo_no_show(*, actor: Actor, signup_id: int, reason: str) -> TakenPlace:
    """The person came after all, or was excused in time: the place counts again. By who leads, with a reason."""
    signup = _led(actor, signup_id)
    reason = reason.replace("\0", "").strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    lock_people([signup.person_id], known=True)
    has_room = Shift.objects.filter(pk=signup.shift_id, taken__lt=F("places")).update(taken=F("taken") + 1)
    signup.refresh_from_db(fields=["state"])
    if signup.state != SignUp.State.NO_SHOW:
        raise NotANoShow
    if not has_room:
        raise ShiftFull
    SignUp.objects.filter(pk=signup.pk).update(
        state=SignUp.State.CONFIRMED, decided_at=clock.now(), decided_by_ref=actor.reference, reason=reason
    )
    record(actor=actor, action="activities.undo_no_show", object_ref=f"signup:{signup.pk}", shift=signup.shift_id)
    tell([signup], signup.shift.activity, gettext_noop("Your place in “%(title)s” counts again."), "came-after-all")
    return TakenPlace(signup.pk, signup.shift_id, signup.person_id)


def _led(actor: Actor, signup_id: int) -> SignUp:
    """A sign-up of an activity that the actor leads; NotFound otherwise."""
    signup = SignUp.objects.select_related("shift__activity").filter(pk=signup_id).first()
    if signup is None or not access.leads(actor, signup.shift.activity.person_in_charge_id):
        raise NotFound
    return signup
