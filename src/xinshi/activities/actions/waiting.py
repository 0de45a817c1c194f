"""The waiting list: joining it, saying yes or no to an offered place, and what the worker does with lists."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import F, Q

from xinshi.activities import access
from xinshi.activities.actions.holding import (
    lock_line,
    lock_person,
    place_row,
    publish_signed_up,
    release,
    serve_line,
    tell,
)
from xinshi.activities.actions.signing_up import own_or_led
from xinshi.activities.domain import NotOffered, OfferOver, PlaceIsFree, SignUpGone, WaitingListFull
from xinshi.activities.eligibility import may_wait, refusals
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import candidates, deciding_rows, offers_for, surroundings
from xinshi.activities.queries.listing import TakenPlace
from xinshi.activities.reasons import WAITABLE
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound, gettext_noop

LISTS_AT_ONCE_MAX: Final = 200
LAPSED: Final = gettext_noop(
    "You did not answer in time, so the place in “%(title)s” goes to somebody else. Other shifts still need people."
)


@transaction.atomic
def join_waiting_list(*, actor: Actor, shift_id: int, person_id: int | None = None) -> TakenPlace:
    """Wait for a place in a full shift; refused where something else stands in the way too, or a place is free."""
    visible = Shift.objects.filter(pk=shift_id, activity__in=access.visible_to(actor))
    shift = visible.select_related("activity").first()
    if shift is None:
        raise NotFound
    who = access.person_for(actor, person_id, shift.activity.person_in_charge_id)
    lock_person(who)
    locked = deciding_rows(Shift.objects.filter(pk=shift_id)).select_for_update(of=("self",)).get()
    offer = offers_for([locked])[shift_id]
    found = candidates([who], [offer])
    around = surroundings([offer])
    reasons = refusals(found[who], offer, around)
    if not reasons:
        raise PlaceIsFree
    if not may_wait(reasons, offer):
        raise next((error for error in reasons if not isinstance(error, WAITABLE)), reasons[0])
    if SignUp.objects.filter(shift_id=shift_id, state=SignUp.State.WAITING).count() >= locked.reserve:
        raise WaitingListFull
    row = place_row(found[who], offer, actor=actor, at=around.at, state=SignUp.State.WAITING)
    row.save(force_insert=True)
    record(
        actor=actor, action="activities.join_waiting_list", object_ref=f"signup:{row.pk}", shift=shift_id, person=who
    )
    return TakenPlace(row.pk, shift_id, who, row.state)


@transaction.atomic
def answer_offer(*, actor: Actor, signup_id: int, accept: bool) -> TakenPlace:
    """Say yes or no to a place that was offered from the waiting list; a no goes to the next who waits."""
    signup = own_or_led(actor, signup_id)
    line = lock_line(signup.shift_id, [signup.person_id], freed=0 if accept else 1)
    signup.refresh_from_db(fields=["state", "offered_until"])
    at = clock.now()
    if signup.state == SignUp.State.CONFIRMED and accept:
        return TakenPlace(signup.pk, signup.shift_id, signup.person_id)
    if signup.state != SignUp.State.OFFERED:
        raise NotOffered if signup.state == SignUp.State.WAITING else SignUpGone
    assert signup.offered_until is not None, "an offer ends"
    if accept and signup.offered_until <= at:
        raise OfferOver
    state = SignUp.State.CONFIRMED if accept else SignUp.State.DECLINED
    SignUp.objects.filter(pk=signup.pk).update(
        state=state, offered_until=None, decided_at=at, decided_by_ref=actor.reference
    )
    action = "activities.accept_offer" if accept else "activities.decline_offer"
    record(actor=actor, action=action, object_ref=f"signup:{signup.pk}", shift=signup.shift_id)
    if accept:
        publish_signed_up([signup])
    else:
        release(signup.shift_id)
        serve_line(line, actor=actor, at=at)
    return TakenPlace(signup.pk, signup.shift_id, signup.person_id, state.value)


def tend_waiting_lists(*, actor: Actor, limit: int = LISTS_AT_ONCE_MAX) -> int:
    """Let overdue offers go, offer what is free, end the lists of shifts that have begun; returns how many lists changed.

    For the worker: each list in a transaction of its own.
    """
    if not actor.is_system:
        raise NotAllowed
    at = clock.now()
    waits = Q(state__in=[SignUp.State.WAITING, SignUp.State.OFFERED, SignUp.State.REQUESTED])
    due = (
        Q(shift__starts_at__lte=at)
        | Q(state=SignUp.State.OFFERED, offered_until__lte=at)
        | Q(state=SignUp.State.WAITING, shift__taken__lt=F("shift__places"))
    )
    ids = SignUp.objects.filter(waits & due).order_by("shift_id").values_list("shift_id", flat=True).distinct()[:limit]
    return sum(_tend(actor, shift_id) for shift_id in list(ids))


@transaction.atomic
def _tend(actor: Actor, shift_id: int) -> bool:
    """True where something changed. Everybody who is on the list is locked, as any of them may lose an offer."""
    at = clock.now()
    offered = SignUp.objects.filter(shift_id=shift_id, state=SignUp.State.OFFERED)
    going = list(offered.filter(Q(offered_until__lte=at) | Q(shift__starts_at__lte=at)))
    begun = Shift.objects.filter(pk=shift_id, starts_at__lte=at).exists()
    asking = SignUp.objects.filter(shift_id=shift_id, state__in=[SignUp.State.WAITING, SignUp.State.REQUESTED])
    if begun:
        going += list(asking)
    line = lock_line(shift_id, {row.person_id for row in going}, freed=len(going))
    states = dict(SignUp.objects.filter(pk__in=[row.pk for row in going]).values_list("pk", "state"))
    going = [row for row in going if states[row.pk] == row.state]
    SignUp.objects.filter(pk__in=[row.pk for row in going]).update(
        state=SignUp.State.DECLINED,
        offered_until=None,
        decided_at=at,
        decided_by_ref=actor.reference,
        reason=gettext_noop("The shift began.") if begun else gettext_noop("Nobody answered in time."),
    )
    lapsed = [row for row in going if row.state == SignUp.State.OFFERED]
    if lapsed:
        release(shift_id, len(lapsed))
    record_many(
        actor=actor,
        action="activities.offer_lapsed" if not begun else "activities.close_waiting_list",
        objects=[(f"signup:{row.pk}", {"shift": shift_id}) for row in going],
    )
    if begun:
        tell(going, line.shift.activity, gettext_noop("No place in “%(title)s” became free for you this time."), "none")
    else:
        tell(lapsed, line.shift.activity, LAPSED, "lapsed")
    served = 0 if begun else serve_line(line, actor=actor, at=at)
    return bool(going or served)
