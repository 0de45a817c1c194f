"""Offering places to people who did not ask for them: a whole list at once, in a fixed number of statements.

Locks: all the people (by id), then all the shifts (by id), as everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from xinshi.activities import access
from xinshi.activities.actions.holding import local_text, lock_people, publish_signed_up
from xinshi.activities.domain import ShiftStarted
from xinshi.activities.eligibility import Candidate, Offer, Surroundings, held_of, quota_of, refusals
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import candidates, deciding_rows, offers_for, surroundings
from xinshi.activities.queries.listing import TakenPlace
from xinshi.audit.actions import record_many
from xinshi.doors.rows import insert_many, update_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

OFFERS_MAX: Final = 20_000
INVITED: Final = gettext_noop(
    "You are invited to “%(title)s”, %(when)s, %(place)s. Please say until %(until)s whether you come."
)
GIVEN: Final = gettext_noop(
    "A place in “%(title)s”, %(when)s, %(place)s, is planned for you. If you cannot come, give it back until %(until)s."
)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Somebody who was not offered the place, and the gravest reason."""

    shift_id: int
    person_id: int
    reason: DomainError


@dataclass(frozen=True, slots=True)
class OfferedPlaces:
    """The places that were offered (or given) in the order of the list, and who was passed over."""

    taken: tuple[TakenPlace, ...]
    passed_over: tuple[PassedOver, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """One place that is about to be taken; `known`: the sign-up of whoever waited for it or asked for it."""

    person_id: int
    shift: Shift
    quota_id: int | None
    known: int | None
    is_given: bool
    until: datetime

    @property
    def state(self) -> str:
        return (SignUp.State.CONFIRMED if self.is_given else SignUp.State.OFFERED).value


@transaction.atomic
def offer_places(
    *,
    actor: Actor,
    wanted: Sequence[tuple[int, int]],
    answer_until: datetime,
    given: Collection[tuple[int, int]] = frozenset(),
) -> OfferedPlaces:
    """Offer `(shift_id, person_id)` their places until a moment, at most until the shift begins; in the order given.

    By who leads the activities; NotFound for a shift that they do not lead. Each place is decided by the rules of sign-up
    with those before it taken already: who may not have it is passed over, and nothing of the others is lost.
    Those of `given` are not asked but given the place, with notice; where no time is left to give it back, it is offered.
    """
    at = clock.now()
    assert len(wanted) <= OFFERS_MAX, f"at most {OFFERS_MAX} offers at once"
    if answer_until <= at:
        raise Invalid(field=gettext_noop("Answer until"), reason=gettext_noop("Choose a moment that is still to come."))
    if not wanted:
        return OfferedPlaces((), ())
    lock_people({person_id for _shift, person_id in wanted}, known=True)
    shifts = _lock_shifts(actor, {shift_id for shift_id, _person in wanted})
    offers = offers_for(list(shifts.values()), look_at_line=False)
    people = candidates({person_id for _shift, person_id in wanted}, offers.values())
    around = surroundings(offers.values(), at=at, is_led=True)
    places, passed_over = _decide(wanted, set(given), shifts, offers, people, around, answer_until)
    taken = _write(actor, places, at)
    _tell(places, taken)
    return OfferedPlaces(tuple(taken), tuple(passed_over))


def _lock_shifts(actor: Actor, shift_ids: set[int]) -> dict[int, Shift]:
    rows = deciding_rows(Shift.objects.filter(pk__in=shift_ids)).order_by("pk").select_for_update(of=("self",))
    shifts = {shift.pk: shift for shift in rows}
    if len(shifts) != len(shift_ids):
        raise NotFound
    for shift in shifts.values():
        access.require_lead(actor, shift.activity.person_in_charge_id)
    return shifts


def _decide(
    wanted: Sequence[tuple[int, int]],
    given: set[tuple[int, int]],
    shifts: dict[int, Shift],
    offers: dict[int, Offer],
    people: dict[int, Candidate],
    around: Surroundings,
    answer_until: datetime,
) -> tuple[list[_Place], list[PassedOver]]:
    """Everything is locked: what is decided here holds until it is written. `offers` and `people` grow as places go."""
    places: list[_Place] = []
    passed_over: list[PassedOver] = []
    for shift_id, person_id in wanted:
        candidate, offer, shift = people.get(person_id), offers[shift_id], shifts[shift_id]
        refusal = _refusal(candidate, offer, around)
        if candidate is None or refusal is not None:
            passed_over.append(PassedOver(shift_id, person_id, refusal or NotFound()))
            continue
        closes_at = shift.starts_at - timedelta(minutes=shift.activity.cancel_closes_minutes)
        is_given = (shift_id, person_id) in given and around.at < closes_at
        quota = quota_of(candidate, offer)
        place = _Place(
            person_id=person_id,
            shift=shift,
            quota_id=quota.id if quota else None,
            known=next((held.signup_id for held in candidate.held if held.shift_id == shift_id), None),
            is_given=is_given,
            until=min(answer_until, closes_at if is_given else shift.starts_at),
        )
        places.append(place)
        quotas = tuple(replace(one, used=one.used + (one.id == place.quota_id)) for one in offer.quotas)
        offers[shift_id] = replace(offer, taken=offer.taken + 1, quotas=quotas)
        held = held_of(offer, state=place.state)
        others = tuple(row for row in candidate.held if row.shift_id != shift_id)
        people[person_id] = replace(candidate, held=(*others, held))
    return places, passed_over


def _refusal(candidate: Candidate | None, offer: Offer, around: Surroundings) -> DomainError | None:
    if candidate is None:
        return NotFound()
    if offer.starts_at <= around.at:
        return ShiftStarted()
    return next(iter(refusals(candidate, offer, around)), None)


def _write(actor: Actor, places: Sequence[_Place], at: datetime) -> list[TakenPlace]:
    """The sign-ups, what the shifts count, the trail, and the events of what is given."""
    ids = dict.fromkeys(range(len(places)), 0)
    new = [number for number, place in enumerate(places) if place.known is None]
    made = insert_many(
        SignUp,
        each={
            "shift_id": [places[number].shift.pk for number in new],
            "person_id": [places[number].person_id for number in new],
            "state": [places[number].state for number in new],
            "offered_until": [None if places[number].is_given else places[number].until for number in new],
            "quota_id": [places[number].quota_id for number in new],
        },
        same={
            "signed_up_at": at,
            "signed_up_by_ref": actor.reference,
            "cancelled_by_ref": "",
        },
    )
    ids |= dict(zip(new, made, strict=True))
    old = {number: place.known for number, place in enumerate(places) if place.known is not None}
    ids |= old
    update_many(
        SignUp,
        list(old.values()),
        each={
            "state": [places[number].state for number in old],
            "offered_until": [None if places[number].is_given else places[number].until for number in old],
            "quota_id": [places[number].quota_id for number in old],
        },
        same={"decided_at": at, "decided_by_ref": actor.reference},
    )
    counted = Counter(place.shift.pk for place in places)
    update_many(Shift, list(counted), add={"taken": list(counted.values())})
    taken = [TakenPlace(ids[number], p.shift.pk, p.person_id, p.state) for number, p in enumerate(places)]
    for state, action in (("offered", "activities.offer_place"), ("confirmed", "activities.give_place")):
        lines = [row for row in taken if row.state == state]
        objects = [(f"signup:{row.signup_id}", {"shift": row.shift_id, "person": row.person_id}) for row in lines]
        record_many(actor=actor, action=action, objects=objects)
    publish_signed_up(
        SignUp(pk=row.signup_id, shift_id=row.shift_id, person_id=row.person_id)
        for row in taken
        if row.state == SignUp.State.CONFIRMED
    )
    return taken


def _tell(places: Sequence[_Place], taken: Sequence[TakenPlace]) -> None:
    send_many(
        NewMessage(
            recipient_ref=f"person:{place.person_id}",
            text=GIVEN if place.is_given else INVITED,
            parameters={
                "title": place.shift.activity.title,
                "place": place.shift.activity.place,
                "when": local_text(place.shift.starts_at),
                "until": local_text(place.until),
            },
            object_ref=f"signup:{row.signup_id}",
            key=f"signup:{row.signup_id}:{row.state}:{place.until.isoformat()}"[:128],
        )
        for place, row in zip(places, taken, strict=True)
    )
