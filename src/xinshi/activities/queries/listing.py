"""Shifts of a list as values: what decides on each, and what is shown of it besides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from xinshi.activities.eligibility import Candidate, Offer, Surroundings
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import deciding_rows, quotas_of, requirements_of, waves_of, with_lines
from xinshi.activities.requirements import Requirements
from xinshi.doors.prepared import PreparedRead

SHIFTS_LOOKED_AT: Final = 600
"""So many of the next open shifts a list looks at; a filter by day reaches the others."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list shows of a shift besides what decides."""

    activity_id: int
    role: str
    category: str
    programme: str
    hours_kind: str
    sign_up_way: str
    cancel_closes_minutes: int
    person_in_charge_id: int
    role_id: int
    is_coupled: bool
    state: str
    published_at: datetime | None
    risks: str


@dataclass(frozen=True, slots=True)
class TakenPlace:
    """A sign-up and what it is now."""

    signup_id: int
    shift_id: int
    person_id: int
    state: str = SignUp.State.CONFIRMED.value
    others: tuple[int, ...] = ()
    """The ids of the sign-ups for later shifts that were made with it (a coupled activity)."""
    seen: tuple[Offer, Listed, Candidate] | None = None
    """What it was decided on, as it was before: the shift and the person."""


class DecidedOn(Exception):
    """What a refusal was decided on: it travels as its cause, so that whoever answers need not ask anew."""

    def __init__(self, offer: Offer, listed: Listed, candidate: Candidate, around: Surroundings) -> None:
        super().__init__(offer.shift_id)
        self.offer, self.listed, self.candidate, self.around = offer, listed, candidate, around


LISTED_COLUMNS: Final = (
    "pk",
    "activity__title",
    "activity__place",
    "starts_at",
    "ends_at",
    "places",
    "taken",
    "reserve",
    "is_open",
    "asks",
    "activity__recruits",
    "activity__team_id",
    "activity__team__name",
    "activity__is_dangerous",
    "activity__sign_up_closes_minutes",
    "has_waves",
    "has_quotas",
    "has_waiters",
    "activity_id",
    "role__name",
    "activity__category",
    "activity__programme__name",
    "activity__hours_kind",
    "activity__sign_up_way",
    "activity__cancel_closes_minutes",
    "activity__person_in_charge_id",
    "role_id",
    "activity__is_coupled",
    "activity__state",
    "activity__published_at",
    "activity__risks",
)


def listed_offers(rows: QuerySet[Shift]) -> dict[int, tuple[Offer, Listed]]:
    """Shifts of a list as values, in order: columns, not objects. One query, and those of `offers_for`."""
    return _listed(list(_listed_rows(rows)))


def listed_coming(at: datetime) -> dict[int, tuple[Offer, Listed]]:
    """The next open shifts after that moment, by time, at most SHIFTS_LOOKED_AT."""
    return _listed(COMING.rows(at=at))


def listed_of_activity(activity_id: int) -> dict[int, tuple[Offer, Listed]]:
    """All shifts of an activity, by time, whoever asks."""
    return _listed(OF_ACTIVITY.rows(activity=activity_id))


def listed_offer(shift_id: int) -> tuple[Offer, Listed] | None:
    """One shift of the database, whoever asks; None where there is none."""
    return _listed(ONE_SHIFT.rows(shift=shift_id)).get(shift_id)


def _listed_rows(rows: QuerySet[Shift]) -> QuerySet[Shift, tuple[Any, ...]]:
    asks = Cast("role__requirements", TextField())
    return deciding_rows(rows).select_related(None).annotate(asks=asks).values_list(*LISTED_COLUMNS)


@lru_cache(maxsize=1_024)
def _requirements(stored: str) -> Requirements:
    """Many shifts ask for the same, most of them for nothing."""
    return requirements_of(json.loads(stored))


def open_rows(at: datetime) -> QuerySet[Shift]:
    """Shifts after that moment that take sign-ups."""
    return Shift.objects.filter(is_open=True, starts_at__gt=at)


COMING: Final = PreparedRead(
    lambda at: _listed_rows(open_rows(at).order_by("starts_at", "id")[:SHIFTS_LOOKED_AT]), at=datetime
)
OF_ACTIVITY: Final = PreparedRead(
    lambda activity: _listed_rows(Shift.objects.filter(activity_id=activity).order_by("starts_at", "id")), activity=int
)
ONE_SHIFT: Final = PreparedRead(lambda shift: _listed_rows(Shift.objects.filter(pk=shift)), shift=int)


def _listed(found: Sequence[tuple[Any, ...]]) -> dict[int, tuple[Offer, Listed]]:
    waves = waves_of({row[18] for row in found if row[15]})
    quotas = quotas_of({row[0] for row in found if row[16]})
    offers = {
        row[0]: Offer(
            shift_id=row[0],
            title=row[1],
            place=row[2],
            starts_at=row[3],
            ends_at=row[4],
            places=row[5],
            taken=row[6],
            reserve=row[7],
            is_open=row[8],
            requirements=_requirements(row[9]),
            recruits=row[10],
            team_id=row[11],
            team_name=row[12] or "",
            is_dangerous=row[13],
            sign_up_closes_minutes=row[14],
            waves=waves.get(row[18], ()),
            quotas=tuple(quotas.get(row[0], ())),
        )
        for row in found
    }
    offers = with_lines(offers, [row[0] for row in found if row[17]])
    return {row[0]: (offers[row[0]], Listed(row[18], row[19], row[20], row[21] or "", *row[22:])) for row in found}


def read_rows(rows: QuerySet[Shift], *more: str) -> QuerySet[Shift, tuple[Any, ...]]:
    """What `listed_rows` makes of these shifts, behind `more` columns: for a read that another room prepares."""
    return _listed_rows(rows).values_list(*more, *LISTED_COLUMNS)


def listed_rows(found: Iterable[tuple[Any, ...]]) -> dict[int, tuple[Offer, Listed]]:
    """Rows of `read_rows` as values, in order."""
    return _listed([row[-len(LISTED_COLUMNS) :] for row in found])
