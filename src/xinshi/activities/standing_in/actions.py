"""Looking for a stand-in, and answering when asked. Locks: people (by id), the shift, sign-ups, then the search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from xinshi.activities.actions.holding import (
    deadline,
    local_text,
    lock_people,
    publish_cancelled,
    publish_signed_up,
    tell,
)
from xinshi.activities.actions.signing_up import own_or_led
from xinshi.activities.actions.texting import Asked, also_by_text
from xinshi.activities.domain import REASON_LENGTH_MAX, AlreadyAttended, ShiftStarted, SignUpGone
from xinshi.activities.eligibility import Surroundings, refusals
from xinshi.activities.models import Activity, Shift, SignUp, StandInAsk, StandInSearch
from xinshi.activities.queries.deciding import candidates, kinds_for, sign_up_rules
from xinshi.activities.queries.listing import TakenPlace
from xinshi.activities.standing_in.choosing import as_stand_in, next_to_ask, swap_offer
from xinshi.activities.standing_in.domain import AskOver, StandInFound
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

SEARCHES_AT_ONCE_MAX: Final = 200
CAN_YOU: Final = gettext_noop(
    "Somebody cannot come to “%(title)s” on %(when)s. Can you stand in? Answer until %(until)s."
)


@transaction.atomic
def seek_stand_in(*, actor: Actor, signup_id: int, reason: str = "") -> int:
    """Ask others to take one's place (or that of somebody in an activity one leads); the search's id.

    The place stays with who has it until somebody says yes. Asked again it is the same search.
    """
    signup = own_or_led(actor, signup_id)
    at = clock.now()
    lock_people([signup.person_id], known=True)
    signup.refresh_from_db(fields=["state", "attended_at"])
    _require_open(signup, at)
    known = StandInSearch.objects.filter(signup=signup, state=StandInSearch.State.OPEN).first()
    if known is not None:
        return known.pk
    search = StandInSearch.objects.create(
        signup=signup,
        reason=reason.replace("\0", "").strip()[:REASON_LENGTH_MAX],
        begun_at=at,
        begun_by_ref=actor.reference,
    )
    asked = _ask_next(search, signup, at)
    record(actor=actor, action="activities.seek_stand_in", object_ref=f"signup:{signup.pk}", asked=asked)
    return search.pk


@transaction.atomic
def answer_ask(*, actor: Actor, ask_id: int, accept: bool) -> TakenPlace | None:
    """Say yes, and the place is mine; or no, and the next is asked. Only who was asked; None for a no.

    StandInFound where somebody else was faster, AskOver where the time is over.
    """
    ask = StandInAsk.objects.select_related("search__signup__shift__activity").filter(pk=ask_id).first()
    if ask is None or ask.person_id != actor.person_id:
        raise NotFound
    signup, at = ask.search.signup, clock.now()
    lock_people([signup.person_id, ask.person_id], known=True)
    Shift.objects.select_for_update().get(pk=signup.shift_id)
    search = StandInSearch.objects.select_for_update().get(pk=ask.search_id)
    ask.refresh_from_db(fields=["state", "answer_until"])
    signup.refresh_from_db(fields=["state", "attended_at"])
    if ask.state == StandInAsk.State.ACCEPTED and accept:
        mine = SignUp.objects.get(stands_in_for=signup)
        return TakenPlace(mine.pk, mine.shift_id, mine.person_id, mine.state)
    if search.state == StandInSearch.State.FOUND:
        raise StandInFound
    if search.state != StandInSearch.State.OPEN or ask.state != StandInAsk.State.ASKED:
        raise AskOver
    if accept and ask.answer_until <= at:
        raise AskOver
    if not accept:
        StandInAsk.objects.filter(pk=ask.pk).update(state=StandInAsk.State.DECLINED, answered_at=at)
        record(actor=actor, action="activities.decline_standing_in", object_ref=f"signup:{signup.pk}", ask=ask.pk)
        _ask_next(search, signup, at)
        return None
    _require_open(signup, at)
    return _swap(actor, search, ask, signup, at)


@transaction.atomic
def end_search(*, actor: Actor, signup_id: int) -> None:
    """I can come after all: nobody is asked any more, and the place stays mine."""
    signup = own_or_led(actor, signup_id)
    lock_people([signup.person_id], known=True)
    search = StandInSearch.objects.select_for_update().filter(signup=signup, state=StandInSearch.State.OPEN).first()
    if search is None:
        raise StandInFound if SignUp.objects.filter(stands_in_for=signup).exists() else AskOver
    _end(search, signup.shift.activity, clock.now(), StandInSearch.State.ENDED)
    record(actor=actor, action="activities.end_stand_in_search", object_ref=f"signup:{signup.pk}")


def tend_searches(*, actor: Actor) -> int:
    """Ask the next where somebody did not answer in time; end what needs nobody any more. For the worker.

    Returns how many searches changed; each is looked at in a transaction of its own.
    """
    if not actor.is_system:
        raise NotAllowed
    at = clock.now()
    overdue = Q(asks__state=StandInAsk.State.ASKED, asks__answer_until__lte=at)
    needless = ~Q(signup__state=SignUp.State.CONFIRMED) | Q(signup__shift__starts_at__lte=at)
    nobody = ~Q(asks__state=StandInAsk.State.ASKED)
    rows = StandInSearch.objects.filter(overdue | needless | nobody, state=StandInSearch.State.OPEN)
    ids = list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:SEARCHES_AT_ONCE_MAX])
    return sum(_tend(actor, search_id) for search_id in ids)


@transaction.atomic
def _tend(actor: Actor, search_id: int) -> bool:
    at = clock.now()
    seen = StandInSearch.objects.select_related("signup").get(pk=search_id)
    lock_people([seen.signup.person_id], known=True)
    search = StandInSearch.objects.select_for_update().filter(pk=search_id, state=StandInSearch.State.OPEN).first()
    if search is None:
        return False
    signup = SignUp.objects.select_related("shift__activity").get(pk=search.signup_id)
    if signup.state != SignUp.State.CONFIRMED or signup.shift.starts_at <= at or signup.attended_at is not None:
        _end(search, signup.shift.activity, at, StandInSearch.State.ENDED)
        record(actor=actor, action="activities.end_stand_in_search", object_ref=f"signup:{signup.pk}")
        return True
    late = search.asks.filter(state=StandInAsk.State.ASKED, answer_until__lte=at)
    lapsed = late.update(state=StandInAsk.State.LAPSED, answered_at=at)
    asked = _ask_next(search, signup, at)
    if lapsed or asked:
        detail = {"asked": asked, "lapsed": lapsed}
        record_many(actor=actor, action="activities.ask_next_stand_in", objects=[(f"signup:{signup.pk}", detail)])
    return bool(lapsed or asked)


def _require_open(signup: SignUp, at: datetime) -> None:
    if signup.state != SignUp.State.CONFIRMED:
        raise SignUpGone
    if signup.attended_at is not None:
        raise AlreadyAttended
    if signup.shift.starts_at <= at:
        raise ShiftStarted


def _ask_next(search: StandInSearch, signup: SignUp, at: datetime) -> int:
    """Fill up to as many open questions as the setting says; returns how many were asked now."""
    rules = sign_up_rules()
    known = list(search.asks.values_list("person_id", "state"))
    open_now = sum(state == StandInAsk.State.ASKED for _person, state in known)
    chosen = next_to_ask(
        signup,
        passed_over={person for person, _state in known},
        number=rules.asked_at_once - open_now,
        at=at,
    )
    if not chosen:
        return 0
    until = deadline(at, signup.shift.starts_at, minutes=rules.ask_minutes, minutes_min=rules.offer_minutes_min)
    asks = StandInAsk.objects.bulk_create(
        [StandInAsk(search=search, person_id=person, asked_at=at, answer_until=until) for person in chosen]
    )
    words = {
        "title": signup.shift.activity.title,
        "when": local_text(signup.shift.starts_at),
        "until": local_text(until),
    }
    send_many(
        NewMessage(
            recipient_ref=f"person:{ask.person_id}",
            text=CAN_YOU,
            parameters=words,
            object_ref=f"stand-in-ask:{ask.pk}",
            key=f"stand-in-ask:{ask.pk}",
        )
        for ask in asks
    )
    texted = [Asked(ask.person_id, words, "activities:stand_in_ask", ask.pk, until) for ask in asks]
    also_by_text(texted, CAN_YOU, purpose="stand-in")
    return len(asks)


def _swap(actor: Actor, search: StandInSearch, ask: StandInAsk, old: SignUp, at: datetime) -> TakenPlace:
    """The place goes from one to the other: as many are taken as before."""
    shift = old.shift
    offer = swap_offer(shift)
    found = candidates([ask.person_id], [offer]).get(ask.person_id)
    if found is None:
        raise NotFound
    around = Surroundings(at=at, rules=sign_up_rules(), kinds=kinds_for([offer]), is_led=True)
    for error in refusals(as_stand_in(found, offer), offer, around):
        raise error
    SignUp.objects.filter(pk=old.pk).update(
        state=SignUp.State.CANCELLED,
        cancelled_at=at,
        cancelled_by_ref=search.begun_by_ref,
        reason=search.reason or gettext_noop("A stand-in came."),
    )
    values = {"state": SignUp.State.CONFIRMED, "stands_in_for": old, "quota_id": old.quota_id, "offered_until": None}
    waiting = SignUp.objects.filter(
        shift=shift, person_id=ask.person_id, state__in=[SignUp.State.WAITING, SignUp.State.REQUESTED]
    ).first()
    if waiting is None:
        new = SignUp.objects.create(
            shift=shift, person_id=ask.person_id, signed_up_at=at, signed_up_by_ref=actor.reference, **values
        )
    else:
        new = waiting
        decided = {"decided_at": at, "decided_by_ref": actor.reference}
        SignUp.objects.filter(pk=new.pk).update(**values, **decided)
    StandInAsk.objects.filter(pk=ask.pk).update(state=StandInAsk.State.ACCEPTED, answered_at=at)
    _end(search, shift.activity, at, StandInSearch.State.FOUND)
    record(
        actor=actor,
        action="activities.stand_in",
        object_ref=f"signup:{new.pk}",
        shift=shift.pk,
        person=new.person_id,
        stands_in_for=old.pk,
    )
    publish_cancelled(old)
    publish_signed_up([new])
    tell(
        [old],
        shift.activity,
        gettext_noop("A stand-in takes your place in “%(title)s”. Get well, or good luck!"),
        "found",
    )
    return TakenPlace(new.pk, new.shift_id, new.person_id)


def _end(search: StandInSearch, activity: Activity, at: datetime, state: StandInSearch.State) -> None:
    StandInSearch.objects.filter(pk=search.pk).update(state=state, ended_at=at)
    asked: Sequence[StandInAsk] = list(search.asks.filter(state=StandInAsk.State.ASKED))
    StandInAsk.objects.filter(pk__in=[ask.pk for ask in asked]).update(state=StandInAsk.State.LAPSED, answered_at=at)
    send_many(
        NewMessage(
            recipient_ref=f"person:{ask.person_id}",
            text=gettext_noop("No stand-in is needed any more for “%(title)s”. Thank you!"),
            parameters={"title": activity.title},
            object_ref=f"activity:{activity.pk}",
            key=f"stand-in-ask:{ask.pk}:over",
        )
        for ask in asked
    )
