"""Taking a place and giving it back. Locks: the person, then the shift, then the sign-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Subquery

from xinshi.activities import access
from xinshi.activities.domain import (
    ActivityNotOpen,
    AlreadyAttended,
    AlreadySignedUp,
    PassbookMissing,
    PassbookNotActive,
    ShiftFull,
    ShiftOver,
    ShiftStarted,
    SignUpGone,
    TimeConflict,
    TooLateToCancel,
)
from xinshi.activities.events import SignedUp, SignUpCancelled
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.audit.actions import record
from xinshi.bank.queries import passbooks_by_person
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish
from xinshi.people.models import Person


@dataclass(frozen=True, slots=True)
class TakenPlace:
    signup_id: int
    shift_id: int
    person_id: int


@transaction.atomic
def sign_up(*, actor: Actor, shift_id: int, person_id: int | None = None) -> TakenPlace:
    """Take a place for oneself, or for `person_id` where the actor leads the activity.

    Oneself: until the shift begins. By the leader or a coordinator: until it ends, so that walk-ups can be added.
    """
    shift = Shift.objects.select_related("activity").filter(pk=shift_id).first()
    if shift is None or not access.visible_to(actor).filter(pk=shift.activity_id).exists():
        raise NotFound
    who = access.person_for(actor, person_id, shift.activity.person_in_charge_id)
    at = clock.now()
    is_led = access.leads(actor, shift.activity.person_in_charge_id)
    lock_person(who)
    _require_passbook(who)
    has_place = _take_place(shift_id, at=at, is_led=is_led)
    _require_free_time(who, shift_id)
    if not has_place:
        raise _refusal_for(shift_id, at=at, is_led=is_led)
    signup = SignUp.objects.create(shift=shift, person_id=who, signed_up_at=at, signed_up_by_ref=actor.reference)
    record(actor=actor, action="activities.sign_up", object_ref=f"signup:{signup.pk}", shift=shift.pk, person=who)
    publish(SignedUp(signup_id=signup.pk, shift_id=shift.pk, person_id=who))
    if who != actor.person_id:
        _tell(signup, shift.activity, gettext_noop("A place in “%(title)s” was taken for you."), "given")
    return TakenPlace(signup_id=signup.pk, shift_id=shift.pk, person_id=who)


@transaction.atomic
def cancel_sign_up(*, actor: Actor, signup_id: int) -> TakenPlace:
    """Give a place back: one's own until the shift begins, anybody's by who leads; never after check-in."""
    signup = SignUp.objects.select_related("shift__activity").filter(pk=signup_id).first()
    if signup is None:
        raise NotFound
    shift, activity = signup.shift, signup.shift.activity
    is_led = access.leads(actor, activity.person_in_charge_id)
    if signup.person_id != actor.person_id and not is_led:
        raise NotFound
    at = clock.now()
    lock_person(signup.person_id, known=True)
    signup.refresh_from_db(fields=["state", "attended_at"])
    if signup.state == SignUp.State.CANCELLED:
        raise SignUpGone
    if signup.attended_at is not None:
        raise AlreadyAttended
    if shift.starts_at <= at and not is_led:
        raise TooLateToCancel
    Shift.objects.filter(pk=shift.pk).update(taken=F("taken") - 1)
    SignUp.objects.filter(pk=signup.pk).update(
        state=SignUp.State.CANCELLED, cancelled_at=at, cancelled_by_ref=actor.reference
    )
    record(actor=actor, action="activities.cancel_sign_up", object_ref=f"signup:{signup.pk}", shift=shift.pk)
    publish(SignUpCancelled(signup_id=signup.pk, shift_id=shift.pk, person_id=signup.person_id))
    if signup.person_id != actor.person_id:
        _tell(signup, activity, gettext_noop("Your place in “%(title)s” was cancelled."), "taken-back")
    return TakenPlace(signup_id=signup.pk, shift_id=shift.pk, person_id=signup.person_id)


def lock_person(person_id: int, *, known: bool = False) -> None:
    """Whoever changes this person's sign-ups or presence waits here.

    NotFound where there is no such person, or they were erased; `known` also takes who was erased.
    """
    locked = Person.objects.select_for_update(no_key=True).filter(pk=person_id)
    if not known:
        locked = locked.filter(erased_at=None)
    if not locked.values_list("pk", flat=True):
        raise NotFound


def _require_passbook(person_id: int) -> None:
    passbook = passbooks_by_person([person_id]).get(person_id)
    if passbook is None:
        raise PassbookMissing
    if passbook.state != "active":
        raise PassbookNotActive


def _take_place(shift_id: int, *, at: datetime, is_led: bool) -> bool:
    """One conditional UPDATE decides who gets the last place, and locks the shift as it stands now."""
    free = Shift.objects.filter(pk=shift_id, is_open=True, taken__lt=F("places"))
    free = free.filter(ends_at__gt=at) if is_led else free.filter(starts_at__gt=at)
    return bool(free.update(taken=F("taken") + 1))


def _require_free_time(person_id: int, shift_id: int) -> None:
    """The person's row is locked, so nobody else takes a place for them meanwhile; the shift is, so it does not move."""
    this = Shift.objects.filter(pk=shift_id)
    other = (
        SignUp.objects.filter(
            person_id=person_id,
            state=SignUp.State.CONFIRMED,
            shift__starts_at__lt=Subquery(this.values("ends_at")),
            shift__ends_at__gt=Subquery(this.values("starts_at")),
        )
        .values_list("shift_id", "shift__activity__title")
        .first()
    )
    if other is None:
        return
    if other[0] == shift_id:
        raise AlreadySignedUp
    raise TimeConflict(title=other[1])


def _refusal_for(shift_id: int, *, at: datetime, is_led: bool) -> DomainError:
    """Why the shift gives no place now."""
    shift = Shift.objects.filter(pk=shift_id).first()
    if shift is None:
        return NotFound()
    if not shift.is_open:
        return ActivityNotOpen()
    if is_led and shift.ends_at <= at:
        return ShiftOver()
    if not is_led and shift.starts_at <= at:
        return ShiftStarted()
    return ShiftFull()


def _tell(signup: SignUp, activity: Activity, text: str, why: str) -> None:
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{signup.person_id}",
                text=text,
                parameters={"title": activity.title},
                object_ref=f"activity:{activity.pk}",
                key=f"signup:{signup.pk}:{why}",
            )
        ]
    )
