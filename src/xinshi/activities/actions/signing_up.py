"""Taking a place and giving it back. Locks: people (by id), then shifts (by id), then sign-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from xinshi.activities import access
from xinshi.activities.actions.holding import (
    lock_line,
    lock_person,
    place_row,
    publish_cancelled,
    publish_signed_up,
    release,
    serve_line,
    take_place,
    tell,
)
from xinshi.activities.actions.last_places import one_after_the_other
from xinshi.activities.actions.taking import take, takes_in_one_statement
from xinshi.activities.domain import (
    NOTE_LENGTH_MAX,
    REASON_LENGTH_MAX,
    ActivityBusy,
    AlreadyAttended,
    NothingToSetAside,
    SignUpGone,
    TooLateToCancel,
)
from xinshi.activities.eligibility import Candidate, Offer, Surroundings, held_of, refusals
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.activities.queries.deciding import ACTIVE, HOLDING, candidates, surroundings
from xinshi.activities.queries.listing import DecidedOn, Listed, TakenPlace, listed_offer, listed_offers
from xinshi.activities.reasons import may_set_aside
from xinshi.audit.actions import record_many
from xinshi.doors.rows import insert_objects
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

ATTEMPTS_MAX: Final = 3
COUPLED_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who is to have places in which shifts, and on what terms; read under the person's lock."""

    actor: Actor
    person_id: int
    offers: Sequence[Offer]
    listed: Listed
    is_led: bool
    note: str
    override_reason: str

    @property
    def is_request(self) -> bool:
        """The person in charge decides; what they enter themselves is decided by that."""
        return self.listed.sign_up_way == Activity.SignUpWay.ON_REQUEST and not self.is_led

    @property
    def is_plain(self) -> bool:
        """A volunteer wants one place at once: most sign-ups, and all that `taking` writes."""
        is_own = self.person_id == self.actor.person_id and not self.is_led
        return is_own and not (self.is_request or self.override_reason or self.listed.is_coupled)


def sign_up(
    *, actor: Actor, shift_id: int, person_id: int | None = None, note: str = "", override_reason: str = ""
) -> TakenPlace:
    """Take a place for oneself, or for `person_id` where the actor leads the activity.

    Oneself: until sign-up closes. By the leader or a coordinator: until the shift ends, so that walk-ups can be added.
    Where the activity asks who leads, this is only a request. `override_reason`: a coordinator gives the place against
    rules that may be set aside. A coupled activity gives every later shift of the role with it, or none.

    A shift that is full already is refused without a lock: nothing is taken, and in a rush most people are refused.
    """
    wish = _wish(actor, shift_id, person_id, note, override_reason)
    _refuse_if_full(wish)
    with one_after_the_other(shift_id, free=wish.offers[0].places - wish.offers[0].taken) as is_old:
        if is_old:
            wish = replace(wish, offers=_looked_at_again(wish.offers))
            _refuse_if_full(wish)
        if wish.is_plain and takes_in_one_statement(wish.offers[0]):
            place = _take_at_once(wish)
            if place is not None:
                return place
            wish = replace(wish, offers=_looked_at_again(wish.offers))
            _refuse_if_full(wish)
        return _take(wish)


def _refuse_if_full(wish: _Wish) -> None:
    if wish.offers[0].taken >= wish.offers[0].places:
        _decide(wish, _candidate(wish), surroundings(wish.offers, is_led=wish.is_led))


def _take_at_once(wish: _Wish) -> TakenPlace | None:
    """Decide without a lock, and take the place where nothing of that has changed; None: decide anew, under the lock."""
    candidate, around, offer = _candidate(wish), surroundings(wish.offers), wish.offers[0]
    _decide(wish, candidate, around)
    if candidate.needs_guardian:
        return None
    signup_id = take(wish.actor, candidate, offer, around, note=wish.note)
    if signup_id is None:
        return None
    return TakenPlace(signup_id, offer.shift_id, wish.person_id, seen=(offer, wish.listed, candidate))


@transaction.atomic
def _take(wish: _Wish) -> TakenPlace:
    """Decide under the person's lock and take the places; the shift's lock is held from then to the end."""
    lock_person(wish.person_id)
    candidate = _candidate(wish)
    for _ in range(ATTEMPTS_MAX):
        around = surroundings(wish.offers, is_led=wish.is_led)
        set_aside = _decide(wish, candidate, around)
        rows = _rows(wish, candidate, around, is_override=bool(set_aside))
        if wish.is_request or _take_all(candidate, wish.offers, around, rows):
            return _write(wish, candidate, rows, set_aside)
        wish = replace(wish, offers=_looked_at_again(wish.offers))
    raise ActivityBusy


def _candidate(wish: _Wish) -> Candidate:
    found = candidates([wish.person_id], wish.offers).get(wish.person_id)
    if found is None:
        raise NotFound
    return found


def _looked_at_again(offers: Sequence[Offer]) -> list[Offer]:
    """The shifts as they are now, by time. Nothing else of what decides can have changed under the person's lock."""
    if len(offers) == 1:
        found = listed_offer(offers[0].shift_id)
        if found is None:
            raise NotFound
        return [found[0]]
    rows = Shift.objects.filter(pk__in=[offer.shift_id for offer in offers]).order_by("starts_at", "pk")
    return [offer for offer, _listed in listed_offers(rows).values()]


def _wish(actor: Actor, shift_id: int, person_id: int | None, note: str, override_reason: str) -> _Wish:
    found = listed_offer(shift_id)
    if found is None:
        raise NotFound
    offer, listed = found
    in_charge = listed.person_in_charge_id
    if not access.may_see(actor, state=listed.state, published_at=listed.published_at, person_in_charge_id=in_charge):
        raise NotFound
    who = access.person_for(actor, person_id, in_charge)
    if override_reason:
        access.require_planner(actor)
    offers = [offer]
    if listed.is_coupled:
        later = Shift.objects.filter(role_id=listed.role_id, starts_at__gte=offer.starts_at, is_open=True)
        rows = later.exclude(pk=shift_id).order_by("starts_at", "pk")[:COUPLED_MAX]
        offers += [one for one, _listed in listed_offers(rows).values()]
    return _Wish(
        actor=actor,
        person_id=who,
        offers=offers,
        listed=listed,
        is_led=access.leads(actor, in_charge),
        note=note.replace("\0", "").strip()[:NOTE_LENGTH_MAX],
        override_reason=override_reason.replace("\0", "").strip()[:REASON_LENGTH_MAX],
    )


def _decide(wish: _Wish, candidate: Candidate, around: Surroundings) -> list[DomainError]:
    """Raise the first reason against it, from what it was decided on; returns what a coordinator sets aside.

    Of a coupled activity each shift is decided with those before it taken already.
    """
    set_aside: list[DomainError] = []
    so_far = candidate
    for offer in wish.offers:
        for error in refusals(so_far, offer, around):
            if not wish.override_reason or not may_set_aside(error):
                raise error from DecidedOn(offer, wish.listed, candidate, around)
            set_aside.append(error)
        taken = held_of(offer)
        so_far = replace(so_far, held=(*so_far.held, taken))
    if wish.override_reason and not set_aside:
        raise NothingToSetAside
    return set_aside


def _rows(wish: _Wish, candidate: Candidate, around: Surroundings, *, is_override: bool) -> list[SignUp]:
    """The sign-ups, not saved; with its id what the person has already (a place on the waiting list)."""
    state = SignUp.State.REQUESTED if wish.is_request else SignUp.State.CONFIRMED
    values = {
        "state": state,
        "note": wish.note,
        "is_override": is_override,
        "reason": wish.override_reason if is_override else "",
    }
    rows = [place_row(candidate, offer, actor=wish.actor, at=around.at, **values) for offer in wish.offers]
    known = {held.shift_id: held.signup_id for held in candidate.held}
    for row in rows:
        row.pk = known.get(row.shift_id)
    return rows


def _take_all(candidate: Candidate, offers: Sequence[Offer], around: Surroundings, rows: Sequence[SignUp]) -> bool:
    """The shifts in the order of their ids; False, and nothing taken, where one of them changed meanwhile."""
    if len(offers) == 1:
        return take_place(candidate, offers[0], around, row=rows[0] if rows[0].pk is None else None)
    savepoint = transaction.savepoint()
    for offer in sorted(offers, key=lambda offer: offer.shift_id):
        if not take_place(candidate, offer, around):
            transaction.savepoint_rollback(savepoint)
            return False
    transaction.savepoint_commit(savepoint)
    return True


def _store(wish: _Wish, rows: Sequence[SignUp]) -> None:
    """What was not stored when the place was taken."""
    for row in rows:
        is_known, is_stored = row.pk is not None, not row._state.adding  # noqa: SLF001  # stored with its place
        if not is_known:
            insert_objects([row])
        elif not is_stored:
            SignUp.objects.filter(pk=row.pk).update(
                state=row.state,
                note=row.note,
                is_override=row.is_override,
                reason=row.reason,
                quota_id=row.quota_id,
                decided_at=row.signed_up_at,
                decided_by_ref=wish.actor.reference,
            )


def _write(wish: _Wish, candidate: Candidate, rows: Sequence[SignUp], set_aside: list[DomainError]) -> TakenPlace:
    _store(wish, rows)
    detail = {"person": wish.person_id} | ({"set_aside": [error.code for error in set_aside]} if set_aside else {})
    record_many(
        actor=wish.actor,
        action="activities.ask_for_place" if wish.is_request else "activities.sign_up",
        objects=[(f"signup:{row.pk}", {"shift": row.shift_id, **detail}) for row in rows],
    )
    if wish.is_request:
        _tell_who_leads(rows[0], wish.listed.person_in_charge_id, wish.offers[0].title)
    else:
        publish_signed_up(rows)
        if wish.person_id != wish.actor.person_id:
            tell(rows[:1], wish.offers[0], gettext_noop("A place in “%(title)s” was taken for you."), "given")
    return TakenPlace(
        rows[0].pk,
        rows[0].shift_id,
        wish.person_id,
        str(rows[0].state),
        others=tuple(row.pk for row in rows[1:]),
        seen=(wish.offers[0], wish.listed, candidate),
    )


def _tell_who_leads(signup: SignUp, person_in_charge_id: int, title: str) -> None:
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{person_in_charge_id}",
                text=gettext_noop("Somebody asks for a place in “%(title)s”. Please decide."),
                parameters={"title": title},
                object_ref=f"sign-up-list:{signup.shift_id}",
                key=f"signup:{signup.pk}:asks",
            )
        ]
    )


@transaction.atomic
def cancel_sign_up(*, actor: Actor, signup_id: int, reason: str = "") -> TakenPlace:
    """Give a place, a request or a place on the waiting list back: one's own, or anybody's by who leads.

    A place of one's own until the activity's deadline, later only to a stand-in; never after check-in. A place that
    becomes free is offered to who waits, in the same transaction. In a coupled activity the later shifts of the role that
    came with it go with it; who waits for those is offered a place by the worker.
    """
    signup = own_or_led(actor, signup_id)
    activity = signup.shift.activity
    is_led = access.leads(actor, activity.person_in_charge_id)
    line = None if activity.is_coupled else lock_line(signup.shift_id, [signup.person_id], freed=1)
    coupled = _lock_coupled(signup) if activity.is_coupled else []
    signup.refresh_from_db(fields=["state", "attended_at"])
    if signup.state not in ACTIVE:
        raise SignUpGone
    if signup.attended_at is not None:
        raise AlreadyAttended
    at = clock.now()
    starts_at = Shift.objects.values_list("starts_at", flat=True).get(pk=signup.shift_id)
    closes_at = starts_at - timedelta(minutes=activity.cancel_closes_minutes)
    if signup.state == SignUp.State.CONFIRMED and closes_at <= at and not is_led:
        raise TooLateToCancel
    _cancel([signup, *coupled], actor, at, reason)
    if signup.person_id != actor.person_id:
        tell([signup], activity, gettext_noop("Your place in “%(title)s” was cancelled."), "taken-back")
    if line is not None and signup.state in HOLDING:
        serve_line(line, actor=actor, at=at)
    others = tuple(row.pk for row in coupled)
    return TakenPlace(signup.pk, signup.shift_id, signup.person_id, SignUp.State.CANCELLED.value, others=others)


def _lock_coupled(signup: SignUp) -> list[SignUp]:
    """The person's sign-ups for later shifts of the same role, with the person and all these shifts locked.

    Nobody who waits is locked with them: that would turn the order of locks round, people before shifts.
    """
    lock_person(signup.person_id, known=True)
    rows = SignUp.objects.filter(
        person_id=signup.person_id,
        state__in=ACTIVE,
        attended_at=None,
        shift__role_id=signup.shift.role_id,
        shift__starts_at__gt=signup.shift.starts_at,
    )
    found = list(rows.order_by("shift__starts_at", "pk")[:COUPLED_MAX])
    shifts = Shift.objects.select_for_update(no_key=True).filter(pk__in=[signup.shift_id, *(r.shift_id for r in found)])
    list(shifts.order_by("pk").values_list("pk"))
    return found


def _cancel(rows: Sequence[SignUp], actor: Actor, at: datetime, reason: str) -> None:
    """These sign-ups of one person end, and their places are free; person and shifts are locked."""
    SignUp.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=SignUp.State.CANCELLED,
        cancelled_at=at,
        cancelled_by_ref=actor.reference,
        offered_until=None,
        reason=reason.replace("\0", "").strip()[:REASON_LENGTH_MAX] or F("reason"),
    )
    record_many(
        actor=actor,
        action="activities.cancel_sign_up",
        objects=[(f"signup:{row.pk}", {"shift": row.shift_id}) for row in rows],
    )
    for row in rows:
        if row.state in HOLDING:
            release(row.shift_id)
        if row.state == SignUp.State.CONFIRMED:
            publish_cancelled(row)


def own_or_led(actor: Actor, signup_id: int) -> SignUp:
    """A sign-up of the actor's own, or of an activity that they lead, with shift and activity; NotFound otherwise."""
    signup = SignUp.objects.select_related("shift__activity").filter(pk=signup_id).first()
    if signup is None:
        raise NotFound
    if signup.person_id != actor.person_id and not access.leads(actor, signup.shift.activity.person_in_charge_id):
        raise NotFound
    return signup
