"""Signing a group up and naming its people. Locks: people (by id), the shift, then the places held."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from xinshi.activities import access
from xinshi.activities.actions.holding import (
    deadline,
    local_text,
    lock_line,
    lock_people,
    offer_until,
    place_row,
    publish_signed_up,
    release,
    serve_line,
    tell,
)
from xinshi.activities.domain import ShiftFull
from xinshi.activities.eligibility import Candidate, Offer, Surroundings, places_max, refusals
from xinshi.activities.groups.domain import (
    GROUP_MAX,
    HELD_BY_ANYBODY_MAX,
    NAME_LENGTH_MAX,
    GroupEmpty,
    GroupPlacesGone,
    GroupTooLarge,
    PersonNotPossible,
    SignedUpGroup,
)
from xinshi.activities.models import PlaceHold, Shift, SignUp
from xinshi.activities.queries.deciding import candidates, deciding_rows, offers_for, sign_up_rules, surroundings
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound, gettext_noop
from xinshi.organizations.models import Membership
from xinshi.people.queries import find_by_volunteer_numbers

KEY_BYTES: Final = 12
HOLDS_AT_ONCE_MAX: Final = 200


@transaction.atomic
def sign_up_group(
    *, actor: Actor, shift_id: int, name: str, numbers: Sequence[str] = (), hold: int = 0
) -> SignedUpGroup:
    """Places for the people with these volunteer numbers, and `hold` places to be named later: all of them or none.

    Who leads the activity, or the team of a person, gives them the place; for anybody else's friends it is an offer that
    each accepts, as nobody is signed up against their will (志愿服务条例, article 25).
    """
    wanted = list(dict.fromkeys(numbers))
    shift = Shift.objects.filter(pk=shift_id, activity__in=access.visible_to(actor)).select_related("activity").first()
    if shift is None or (actor.user_id is None and not actor.is_system):
        raise NotFound
    is_led = access.leads(actor, shift.activity.person_in_charge_id)
    _require_size(actor, len(wanted) + hold, is_led=is_led)
    people = _people(wanted)
    own = actor.person_id or shift.activity.person_in_charge_id
    lock_people({*people.values(), own})
    locked = deciding_rows(Shift.objects.filter(pk=shift_id)).select_for_update(of=("self",)).get()
    offer = offers_for([locked])[shift_id]
    around = surroundings([offer], is_led=is_led)
    found = candidates({*people.values(), own}, [offer])
    _require_possible(people, found, offer, around, is_led=is_led)
    _require_room(found, people, own, offer, around, hold)
    key = secrets.token_hex(KEY_BYTES)
    rows = _write(actor, people, found, offer, around.at, key, is_led=is_led)
    if hold:
        until = deadline(around.at, offer.starts_at, minutes=sign_up_rules().hold_minutes, minutes_min=1)
        PlaceHold.objects.create(
            shift_id=shift_id,
            group_key=key,
            name=name.replace("\0", "").strip()[:NAME_LENGTH_MAX],
            places=hold,
            held_for_id=own,
            held_at=around.at,
            held_by_ref=actor.reference,
            name_until=until,
        )
    Shift.objects.filter(pk=shift_id).update(taken=F("taken") + len(rows) + hold)
    record(
        actor=actor,
        action="activities.sign_up_group",
        object_ref=f"shift:{shift_id}",
        group=key,
        people=[row.person_id for row in rows],
        held=hold,
    )
    return SignedUpGroup(key, shift_id, tuple(row.pk for row in rows), hold)


@transaction.atomic
def name_people(*, actor: Actor, group_key: str, numbers: Sequence[str]) -> SignedUpGroup:
    """Give held places to these people; by who holds them or who leads the activity. As many are taken as before."""
    wanted = list(dict.fromkeys(numbers))
    if not wanted:
        raise GroupEmpty
    hold = _own_hold(actor, group_key)
    is_led = access.leads(actor, hold.shift.activity.person_in_charge_id)
    people = _people(wanted)
    lock_people(people.values())
    locked = deciding_rows(Shift.objects.filter(pk=hold.shift_id)).select_for_update(of=("self",)).get()
    hold = PlaceHold.objects.select_for_update().get(pk=hold.pk)
    if hold.places < len(people):
        raise GroupPlacesGone
    seen = offers_for([locked], look_at_line=False)[hold.shift_id]
    offer = replace(seen, taken=seen.taken - len(people), waves=(), quotas=())
    around = surroundings([offer], is_led=is_led)
    found = candidates(people.values(), [offer])
    _require_possible(people, found, offer, around, is_led=is_led)
    rows = _write(actor, people, found, offer, around.at, group_key, is_led=is_led)
    PlaceHold.objects.filter(pk=hold.pk).update(places=F("places") - len(rows))
    record(
        actor=actor,
        action="activities.name_group",
        object_ref=f"shift:{hold.shift_id}",
        group=group_key,
        people=[row.person_id for row in rows],
    )
    return SignedUpGroup(group_key, hold.shift_id, tuple(row.pk for row in rows), hold.places - len(rows))


@transaction.atomic
def give_back_held(*, actor: Actor, group_key: str) -> int:
    """The places that were held without a name are free again, and offered to who waits; returns how many."""
    hold = _own_hold(actor, group_key)
    return _give_back(actor, hold.pk, "activities.give_back_held")


def release_overdue_holds(*, actor: Actor) -> int:
    """Places that nobody was named for in time are free again. For the worker; returns how many groups."""
    if not actor.is_system:
        raise NotAllowed
    due = PlaceHold.objects.filter(places__gt=0, name_until__lte=clock.now()).order_by("pk")
    ids = list(due.values_list("pk", flat=True)[:HOLDS_AT_ONCE_MAX])
    return sum(bool(_give_back(actor, pk, "activities.hold_lapsed")) for pk in ids)


@transaction.atomic
def _give_back(actor: Actor, hold_id: int, action: str) -> int:
    seen = PlaceHold.objects.select_related("shift__activity").get(pk=hold_id)
    line = lock_line(seen.shift_id, [seen.held_for_id], freed=seen.places)
    hold = PlaceHold.objects.select_for_update().get(pk=hold_id)
    if not hold.places:
        return 0
    at = clock.now()
    PlaceHold.objects.filter(pk=hold_id).update(places=0)
    if line.shift.activity.cancelled_at is None:  # Calling an activity off has freed everything already.
        release(hold.shift_id, hold.places)
    record(actor=actor, action=action, object_ref=f"shift:{hold.shift_id}", group=hold.group_key, places=hold.places)
    if line.shift.is_open and line.shift.starts_at > at:
        serve_line(line, actor=actor, at=at)
    return hold.places


def _own_hold(actor: Actor, group_key: str) -> PlaceHold:
    hold = PlaceHold.objects.select_related("shift__activity").filter(group_key=group_key).first()
    if hold is None:
        raise NotFound
    if hold.held_for_id != actor.person_id and not access.leads(actor, hold.shift.activity.person_in_charge_id):
        raise NotFound
    return hold


def _require_size(actor: Actor, size: int, *, is_led: bool) -> None:
    if size < 1:
        raise GroupEmpty
    leads_team = Membership.objects.filter(person_id=actor.person_id or 0, until=None, is_leader=True).exists()
    most = GROUP_MAX if is_led or leads_team else HELD_BY_ANYBODY_MAX
    if size > most:
        raise GroupTooLarge(most=most)


def _people(numbers: Sequence[str]) -> dict[str, int]:
    """The people with these volunteer numbers; a number that nobody has is refused like one that has no place."""
    known = find_by_volunteer_numbers(numbers)
    for number in numbers:
        if number not in known:
            raise PersonNotPossible(number=number)
    return {number: known[number] for number in numbers}


def _require_possible(
    people: dict[str, int], found: dict[int, Candidate], offer: Offer, around: Surroundings, *, is_led: bool
) -> None:
    for number, person_id in people.items():
        if person_id not in found:
            raise PersonNotPossible(number=number)
        for error in refusals(found[person_id], offer, around):
            if is_led or isinstance(error, ShiftFull):
                raise error
            raise PersonNotPossible(number=number)


def _require_room(
    found: dict[int, Candidate],
    people: dict[str, int],
    own: int,
    offer: Offer,
    around: Surroundings,
    hold: int,
) -> None:
    """The shift is locked: the people of a group one after the other still find a place, and so do those held."""
    size = len(people) + hold
    most = min(places_max(found[person], offer, around) for person in {*people.values(), own})
    if offer.has_waiting or not offer.is_open or offer.taken + size > min(most, offer.places):
        raise ShiftFull
    if hold and around.at >= offer.starts_at:
        raise _started(found[own], offer, around)
    quotas = {quota.id: quota for quota in offer.quotas}
    counted: dict[int, int] = {}
    for person in people.values():
        quota_id = place_row(found[person], offer, actor=Actor.system("group"), at=around.at).quota_id
        if quota_id is not None:
            counted[quota_id] = counted.get(quota_id, 0) + 1
    if any(quotas[pk].used + number > quotas[pk].places for pk, number in counted.items()):
        raise ShiftFull


def _started(candidate: Candidate, offer: Offer, around: Surroundings) -> DomainError:
    found = refusals(candidate, offer, replace(around, is_led=False))
    return found[0] if found else ShiftFull()


def _write(
    actor: Actor,
    people: dict[str, int],
    found: dict[int, Candidate],
    offer: Offer,
    at: datetime,
    key: str,
    *,
    is_led: bool,
) -> list[SignUp]:
    """The sign-ups of those who are named: theirs at once, or offered to them."""
    sure = set(people.values()) if is_led else _in_teams_of(actor, people.values())
    until = offer_until(at, offer.starts_at, sign_up_rules())
    rows = [
        place_row(
            found[person],
            offer,
            actor=actor,
            at=at,
            group_key=key,
            state=SignUp.State.CONFIRMED if person in sure else SignUp.State.OFFERED,
            offered_until=None if person in sure else until,
        )
        for person in people.values()
    ]
    for row in rows:
        row.save(force_insert=True)
    confirmed = [row for row in rows if row.state == SignUp.State.CONFIRMED]
    offered = [row for row in rows if row.state == SignUp.State.OFFERED]
    record_many(
        actor=actor,
        action="activities.sign_up",
        objects=[(f"signup:{row.pk}", {"shift": row.shift_id, "person": row.person_id, "group": key}) for row in rows],
    )
    publish_signed_up(confirmed)
    activity = Shift.objects.select_related("activity").get(pk=offer.shift_id).activity
    others = [row for row in confirmed if row.person_id != actor.person_id]
    tell(others, activity, gettext_noop("A place in “%(title)s” was taken for you."), "given")
    text = gettext_noop(
        "Somebody wants you in their group for “%(title)s”. Say yes until %(until)s if you want to come."
    )
    tell(offered, activity, text, "group", until=local_text(until))
    return rows


def _in_teams_of(actor: Actor, person_ids: object) -> set[int]:
    """Oneself, and whoever belongs to a team that the actor leads."""
    led = Membership.objects.filter(person_id=actor.person_id or 0, until=None, is_leader=True).values(
        "organization_id"
    )
    members = Membership.objects.filter(organization_id__in=led, person_id__in=person_ids, until=None)
    return {*members.values_list("person_id", flat=True), actor.person_id or 0}
