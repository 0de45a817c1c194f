"""Whom to ask next for a free place: idle people who may take it, ranked as a plan would value them. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, TextField, Value, When
from django.db.models.functions import Cast

from xinshi.activities.eligibility import refusals
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import ACTIVE, candidates, deciding_rows, offers_for, surroundings
from xinshi.people.models import Person
from xinshi.scheduling.models import DeclinedKind, DeclinedShift, Invitation, SuggestionChoice
from xinshi.scheduling.suggesting.domain import Fit, in_turn
from xinshi.scheduling.suggesting.fitting import fits

POOL_MAX: Final = 400
"""So many people are weighed: those who named the category among their interests first, then by a lot."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody who could take the place now, and how well it suits them."""

    person_id: int
    fit: Fit
    recent: int
    """How many shifts they had in the last 90 days and have before them."""


def ranked(shift_id: int, *, at: datetime, limit: int, passed_over: Collection[int] = ()) -> list[Proposal]:
    """At most `limit` people for a place of this shift, whoever should be asked first in front; a fixed number of queries.

    Nobody who was invited to this shift before, holds something at that time, said no to it, to its kind or to being
    planned, or may not take a place by the rules of sign-up. Whether a place is free is not asked here.
    """
    shift = deciding_rows(Shift.objects.filter(pk=shift_id)).first()
    if shift is None:
        return []
    offer = offers_for([shift], look_at_line=False)[shift_id]
    pool = _pool(shift, passed_over)
    found = candidates(pool, [offer])
    around = surroundings([offer], at=at, is_led=True)
    able = [
        one
        for one in found.values()
        if not [error for error in refusals(one, offer, around) if error.code != "shift_full"]
    ]
    weighed = fits(able, [shift_id], at=at)
    suiting = {one.person_id: weighed.by_pair[one.person_id, shift_id] for one in able}
    suiting = {person_id: fit for person_id, fit in suiting.items() if fit.may_ask}
    order = in_turn(suiting, weighed.recent, shift_id=shift_id)
    return [Proposal(person_id, suiting[person_id], weighed.recent.get(person_id, 0)) for person_id in order[:limit]]


def _pool(shift: Shift, passed_over: Collection[int]) -> list[int]:
    """Who holds nothing at the time and was not asked; who likes the category first."""
    category = shift.activity.category
    busy = SignUp.objects.filter(
        Q(shift__starts_at__lt=shift.ends_at, shift__ends_at__gt=shift.starts_at) | Q(shift=shift),
        person_id=OuterRef("pk"),
        state__in=ACTIVE,
    )
    asked = Invitation.objects.filter(person_id=OuterRef("pk"), shift=shift)
    out = SuggestionChoice.objects.filter(person_id=OuterRef("pk"), is_wanted=False)
    no_kind = DeclinedKind.objects.filter(person_id=OuterRef("pk"), category=category)
    no_shift = DeclinedShift.objects.filter(person_id=OuterRef("pk"), shift=shift)
    rows = (
        Person.objects.filter(
            ~Exists(busy),
            ~Exists(asked),
            ~Exists(out),
            ~Exists(no_kind),
            ~Exists(no_shift),
            passbook__state="active",
            erased_at=None,
            merged_into=None,
        )
        .exclude(pk__in=list(passed_over))
        .annotate(categories=Cast("service_categories", TextField()))
        .annotate(
            likes=Case(
                When(categories__contains=f'"{category}"', then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            ),
            # Not always those who registered first: the keys are turned round by the shift's own.
            turned=(Cast("pk", IntegerField()) * 7_919 + shift.pk * 104_729) % 10_007,
        )
        .order_by("-likes", "turned", "pk")
    )
    return list(rows.values_list("pk", flat=True)[:POOL_MAX])
