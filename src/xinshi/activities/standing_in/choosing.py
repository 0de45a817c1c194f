"""Whom to ask next: who waits, then who is free, interested and was seldom asked before. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, TextField
from django.db.models.functions import Cast

from xinshi.activities.eligibility import Candidate, Offer, Surroundings, refusals
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import ACTIVE, candidates, deciding_rows, kinds_for, offers_for, sign_up_rules
from xinshi.people.models import Person

POOL_MAX: Final = 200
SERVED_WITHIN: Final = timedelta(days=180)


def swap_offer(shift: Shift) -> Offer:
    """The shift as it is for who takes over a place: one place free, and it counts on the quota on which it counted."""
    row = deciding_rows(Shift.objects.filter(pk=shift.pk)).get()
    offer = offers_for([row], look_at_line=False)[shift.pk]
    return replace(offer, taken=max(0, offer.taken - 1), quotas=(), waves=())


def as_stand_in(candidate: Candidate, offer: Offer) -> Candidate:
    """Waiting for this shift, or having asked for it, is no reason against standing in."""
    idle = (SignUp.State.WAITING, SignUp.State.REQUESTED)
    held = tuple(row for row in candidate.held if row.shift_id != offer.shift_id or row.state not in idle)
    return replace(candidate, held=held)


def next_to_ask(signup: SignUp, *, passed_over: Collection[int], number: int, at: datetime) -> list[int]:
    """Up to `number` people who could take this place and were not asked yet, whoever waits for the shift first."""
    if number <= 0:
        return []
    shift = signup.shift
    waiting = list(
        SignUp.objects.filter(shift=shift, state=SignUp.State.WAITING)
        .order_by("signed_up_at", "pk")
        .values_list("person_id", flat=True)[:POOL_MAX]
    )
    out = {*passed_over, signup.person_id}
    pool = [person for person in dict.fromkeys([*waiting, *_who_might(signup, at)]) if person not in out][:POOL_MAX]
    offer = swap_offer(shift)
    around = Surroundings(at=at, rules=sign_up_rules(), kinds=kinds_for([offer]), is_led=True)
    found = candidates(pool, [offer])
    able = [
        person
        for person in pool
        if person in found
        and not refusals(as_stand_in(found[person], offer), offer, around)
        and found[person].facts.availability.is_free(shift.starts_at, shift.ends_at) is not False
    ]
    order = {person: place for place, person in enumerate(pool)}

    def rank(person: int) -> tuple[bool, bool, int]:
        free = found[person].facts.availability.is_free(shift.starts_at, shift.ends_at)
        return (person not in waiting, free is not True, order[person])

    return sorted(able, key=rank)[:number]


def _who_might(signup: SignUp, at: datetime) -> list[int]:
    """Who served in this category lately, the seldom ones first, then who named it among their interests."""
    shift = signup.shift
    category = shift.activity.category
    served = (
        SignUp.objects.filter(
            shift__activity__category=category,
            shift__starts_at__gt=at - SERVED_WITHIN,
            attended_at__isnull=False,
            person__passbook__state="active",
            person__erased_at=None,
        )
        .order_by()
        .values_list("person_id")
        .annotate(times=Count("pk"))
        .order_by("times", "person_id")[:POOL_MAX]
    )
    found = [person for person, _times in served]
    if len(found) >= POOL_MAX:
        return found
    busy = SignUp.objects.filter(shift=shift, state__in=ACTIVE).values("person_id")
    interested = (
        Person.objects.annotate(categories=Cast("service_categories", TextField()))
        .filter(Q(categories__contains=f'"{category}"'), passbook__state="active", erased_at=None)
        .exclude(pk__in=busy)
        .order_by("-pk")
        .values_list("pk", flat=True)[: POOL_MAX - len(found)]
    )
    return [*found, *interested]
