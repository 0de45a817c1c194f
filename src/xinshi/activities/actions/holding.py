"""Taking and giving back places under locks. Locks: people (by id), then shifts (by id), then sign-ups.

Whoever changes a person's sign-ups holds that person's row; whoever changes what a shift has free holds the shift's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from django.db import transaction
from django.db.models import F

from xinshi.activities.actions.texting import Asked, also_by_text
from xinshi.activities.domain import ActivityBusy
from xinshi.activities.eligibility import (
    Candidate,
    Offer,
    Surroundings,
    places_max,
    quota_of,
)
from xinshi.activities.events import SignedUp, SignUpCancelled
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import (
    deciding_rows,
    offers_for,
    quotas_of,
    ready_waiters,
    sign_up_rules,
)
from xinshi.activities.reasons import KeptForOthers, QuotaFull
from xinshi.activities.rules import SignUpRules
from xinshi.activities.waves.domain import chosen_quota, kept_for_others
from xinshi.audit.actions import record_many
from xinshi.doors.prepared import PreparedRead, run
from xinshi.doors.rows import insert_object_if
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish, publish_many
from xinshi.people.models import Person

ATTEMPTS_MAX: Final = 5
FREE_FOR_YOU: Final = gettext_noop(
    "A place in “%(title)s” is free for you. Say yes until %(until)s, then it goes to the next."
)


LOCK_ONE: Final = PreparedRead(
    lambda person: (
        Person.objects.select_for_update(no_key=True).filter(pk=person, erased_at=None).order_by("pk").values_list("pk")
    ),
    person=int,
)


def lock_person(person_id: int, *, known: bool = False) -> None:
    """Whoever changes this person's sign-ups or presence waits here.

    NotFound where there is no such person, or they were erased; `known` also takes who was erased.
    """
    lock_people([person_id], known=known)


def lock_people(person_ids: Collection[int], *, known: bool = False) -> None:
    """Lock these people in the order of their ids; NotFound where one is not there."""
    wanted = sorted(set(person_ids))
    if len(wanted) == 1 and not known:
        if not LOCK_ONE.rows(person=wanted[0]):
            raise NotFound
        return
    locked = Person.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    if not known:
        locked = locked.filter(erased_at=None)
    if len(locked.values_list("pk", flat=True)) != len(wanted):
        raise NotFound


TAKE: Final = """
    UPDATE shift SET taken = taken + %s
    WHERE id = %s AND is_open AND starts_at = %s AND ends_at = %s AND taken <= %s AND taken <= places - %s
"""


def take_place(
    candidate: Candidate, offer: Offer, around: Surroundings, *, number: int = 1, row: SignUp | None = None
) -> bool:
    """One conditional UPDATE decides who gets the last place, of the shift as it was when everything else was decided.

    False where the shift is full meanwhile, or is not what it was: the caller looks again. Quotas are counted once the
    shift is locked; QuotaFull and KeptForOthers where they have no room any more. `row`: a new sign-up that is stored
    with it, where there are no quotas.
    """
    most = places_max(candidate, offer, around) - number
    values = (number, offer.shift_id, offer.starts_at, offer.ends_at, most, number)
    if row is not None and not offer.quotas:
        return insert_object_if(row, update=TAKE, values=values)
    _rows, changed = run(TAKE, values)
    if not changed:
        return False
    if offer.quotas:
        require_quota(candidate, offer, around)
    return True


def require_quota(candidate: Candidate, offer: Offer, around: Surroundings) -> None:
    """The shift is locked and counts the place; the quota on which it will count still has room."""
    quotas = quotas_of([offer.shift_id]).get(offer.shift_id, [])
    own, has_room = chosen_quota(quotas, candidate.memberships)
    if not has_room:
        raise QuotaFull
    taken, places = Shift.objects.values_list("taken", "places").get(pk=offer.shift_id)
    if taken > places - kept_for_others(quotas, own, around.at):
        raise KeptForOthers


def place_row(candidate: Candidate, offer: Offer, *, actor: Actor, at: datetime, **values: Any) -> SignUp:
    """A sign-up of this person for this shift, not saved."""
    own = quota_of(candidate, offer)
    return SignUp(
        shift_id=offer.shift_id,
        person_id=candidate.person_id,
        signed_up_at=at,
        signed_up_by_ref=actor.reference,
        quota_id=own.id if own else None,
        **values,
    )


def release(shift_id: int, number: int = 1) -> None:
    """So many places of a locked shift are free again."""
    Shift.objects.filter(pk=shift_id).update(taken=F("taken") - number)


@dataclass(frozen=True, slots=True)
class Line:
    """A locked shift and the people who wait for it and could come, all of them locked."""

    shift: Shift
    offer: Offer
    ready: Sequence[SignUp]


def lock_line(shift_id: int, people: Collection[int], *, freed: int = 0) -> Line:
    """Lock these people, whoever is next on the shift's waiting list, and the shift, in this order.

    `freed` places are about to become free. Who is next may change until the locks are there; then all is given back and
    tried again, as locking somebody afterwards would turn the order round.
    """
    for _ in range(ATTEMPTS_MAX):
        savepoint = transaction.savepoint()
        seen = deciding_rows(Shift.objects.filter(pk=shift_id)).first()
        if seen is None:
            raise NotFound
        chosen = _next(seen, seen.places - seen.taken + freed) if _has_waiters(seen) else []
        locked = {*people, *(row.person_id for row in chosen)}
        lock_people(locked, known=True)
        shift = deciding_rows(Shift.objects.filter(pk=shift_id)).select_for_update(of=("self",)).get()
        ready = _next(shift, shift.places - shift.taken + freed) if _has_waiters(shift) else []
        if all(row.person_id in locked for row in ready):
            transaction.savepoint_commit(savepoint)
            return Line(shift, offers_for([shift], look_at_line=False)[shift_id], ready)
        transaction.savepoint_rollback(savepoint)
    raise ActivityBusy


def _has_waiters(shift: Shift) -> bool:
    return bool(shift.has_waiters)  # type: ignore[attr-defined]  # annotated by deciding_rows


def _next(shift: Shift, free: int) -> list[SignUp]:
    """Who is offered a place if `free` are: the first of the list who could come."""
    if free <= 0:
        return []
    offer = offers_for([shift], look_at_line=False)[shift.pk]
    return ready_waiters([shift.pk], {shift.pk: replace(offer, taken=min(offer.taken, offer.places - free))})[:free]


def serve_line(line: Line, *, actor: Actor, at: datetime) -> int:
    """Offer what is free of a locked shift to those who wait, in order; returns how many were offered a place.

    The line was locked before anything was freed, so `line.ready` are all whom it can be offered to now.
    """
    taken, places = Shift.objects.values_list("taken", "places").get(pk=line.shift.pk)
    chosen = list(line.ready[: max(0, places - taken)])
    if not chosen:
        return 0
    until = offer_until(at, line.shift.starts_at, sign_up_rules())
    Shift.objects.filter(pk=line.shift.pk).update(taken=F("taken") + len(chosen))
    SignUp.objects.filter(pk__in=[row.pk for row in chosen]).update(state=SignUp.State.OFFERED, offered_until=until)
    record_many(
        actor=actor,
        action="activities.offer_place",
        objects=[(f"signup:{row.pk}", {"shift": row.shift_id, "person": row.person_id}) for row in chosen],
    )
    activity = line.shift.activity
    words = {"title": activity.title, "until": local_text(until)}
    tell(chosen, activity, FREE_FOR_YOU, f"offered:{until.isoformat()}", until=words["until"])
    asked = [Asked(row.person_id, words, "activities:own_sign_up", row.pk, until) for row in chosen]
    also_by_text(asked, FREE_FOR_YOU, purpose="offer")
    return len(chosen)


def offer_until(at: datetime, starts_at: datetime, rules: SignUpRules) -> datetime:
    """Until when an offer stands: the setting, less where the shift is near, never beyond its start."""
    return deadline(at, starts_at, minutes=rules.offer_minutes, minutes_min=rules.offer_minutes_min)


def deadline(at: datetime, starts_at: datetime, *, minutes: int, minutes_min: int) -> datetime:
    """`minutes` from now, at most half of the time that is left, but at least `minutes_min`, and never beyond the start."""
    half = (starts_at - at) / 2
    span = max(min(timedelta(minutes=minutes), half), timedelta(minutes=minutes_min))
    return min(at + span, starts_at)


def local_text(moment: datetime) -> str:
    """`11-27 14:30` by the hospital's clock, the same in both languages."""
    return f"{moment.astimezone(clock.HOSPITAL_ZONE):%m-%d %H:%M}"


class Titled(Protocol):
    """An activity, or a shift's `Offer`, which bears its activity's title."""

    @property
    def title(self) -> str: ...


def tell(signups: Iterable[SignUp], activity: Titled, text: str, why: str, **parameters: Any) -> None:
    """One message for each of these sign-ups; `why` makes it one of its kind."""
    send_many(
        NewMessage(
            recipient_ref=f"person:{signup.person_id}",
            text=text,
            parameters={"title": activity.title, **parameters},
            object_ref=f"signup:{signup.pk}",
            key=f"signup:{signup.pk}:{why}"[:128],
        )
        for signup in signups
    )


def publish_signed_up(signups: Iterable[SignUp]) -> None:
    publish_many(SignedUp(signup_id=row.pk, shift_id=row.shift_id, person_id=row.person_id) for row in signups)


def publish_cancelled(signup: SignUp) -> None:
    publish(SignUpCancelled(signup_id=signup.pk, shift_id=signup.shift_id, person_id=signup.person_id))
