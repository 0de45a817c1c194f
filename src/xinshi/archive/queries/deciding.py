"""Reads of the archive: what decides who may take a place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db.models import QuerySet

from xinshi.archive.availability import Availability, AvailabilityException
from xinshi.archive.domain import UNLIMITED, Facts, Limits, covered_until, last_days
from xinshi.archive.models import Inclusion, Qualification
from xinshi.doors.prepared import PreparedRead
from xinshi.kernel import clock
from xinshi.people.models import Person

LOOKUP_SIZE: Final = 500
PROFILE_COLUMNS: Final = (
    "profile__pk",
    "profile__minutes_a_week_max",
    "profile__shifts_a_week_max",
    "profile__shifts_a_day_max",
    "profile__takes_nights",
    "profile__may_lift",
    "profile__weekly",
    "profile__exceptions",
    "profile__sites",
    "profile__skills",
)
"""What `facts` reads of a profile: nothing that is sealed."""
PERSON_COLUMNS: Final = ("pk", "birth_date", "group", *PROFILE_COLUMNS)
PERIOD_COLUMNS: Final = ("person_id", "kind__code", "issued_on", "expires_on")


def _person_rows(person_ids: Sequence[int]) -> QuerySet[Person, tuple[Any, ...]]:
    return Person.objects.filter(pk__in=person_ids).values_list(*PERSON_COLUMNS)


def _period_rows(person_ids: Sequence[int]) -> QuerySet[Qualification, tuple[Any, ...]]:
    verified = Qualification.objects.filter(person_id__in=person_ids, state=Qualification.State.VERIFIED)
    return verified.values_list(*PERIOD_COLUMNS)


ONE_PERSON: Final = PreparedRead(lambda person: _person_rows([person]), person=int)
PERIODS_OF_ONE: Final = PreparedRead(lambda person: _period_rows([person]), person=int)
"""At every sign-up it is one person who asks."""


def inclusions() -> dict[str, list[str]]:
    """Which codes each code includes directly."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, included in Inclusion.objects.values_list("kind__code", "included__code"):
        found[code].append(included)
    return dict(found)


def facts(person_ids: Collection[int]) -> dict[int, Facts]:
    """What decides on sign-up, for each of these people: one query, and two per 500 people.

    Somebody without a profile has no limits, no availability that is known and no sites (see `Limits`, `Facts`).
    """
    wanted = sorted(set(person_ids))
    includes: dict[str, list[str]] | None = None
    found: dict[int, Facts] = {}
    today = clock.today()
    for start in range(0, len(wanted), LOOKUP_SIZE):
        part = wanted[start : start + LOOKUP_SIZE]
        held: dict[int, list[tuple[str, date]]] = defaultdict(list)
        for (person_id, code), periods in _periods(part).items():
            if (last := covered_until(periods, today=today)) is not None:
                held[person_id].append((code, last))
        if held and includes is None:
            includes = inclusions()
        rows = ONE_PERSON.rows(person=part[0]) if len(part) == 1 else _person_rows(part)
        for row in (dict(zip(PERSON_COLUMNS, values, strict=True)) for values in rows):
            qualifications = last_days(held[row["pk"]], includes or {})
            found[row["pk"]] = _facts(row, qualifications) if row["profile__pk"] else _bare(row, qualifications)
    return found


def _periods(person_ids: Sequence[int]) -> dict[tuple[int, str], list[tuple[date, date]]]:
    """(first day, last day) of what was verified, by person and code."""
    found: dict[tuple[int, str], list[tuple[date, date]]] = defaultdict(list)
    rows = PERIODS_OF_ONE.rows(person=person_ids[0]) if len(person_ids) == 1 else _period_rows(person_ids)
    for person_id, code, issued_on, expires_on in rows:
        found[person_id, code].append((issued_on, expires_on or UNLIMITED))
    return found


def _bare(row: Mapping[str, Any], qualifications: Mapping[str, date]) -> Facts:
    return Facts(person_id=row["pk"], birth_date=row["birth_date"], group=row["group"], qualifications=qualifications)


def _facts(row: Mapping[str, Any], qualifications: Mapping[str, date]) -> Facts:
    sites = row["profile__sites"]
    return Facts(
        person_id=row["pk"],
        birth_date=row["birth_date"],
        group=row["group"],
        qualifications=qualifications,
        limits=Limits(
            minutes_a_week_max=row["profile__minutes_a_week_max"],
            shifts_a_week_max=row["profile__shifts_a_week_max"],
            shifts_a_day_max=row["profile__shifts_a_day_max"],
            takes_nights=row["profile__takes_nights"],
            may_lift=row["profile__may_lift"],
        ),
        availability=Availability(
            weekly=row["profile__weekly"],
            exceptions=tuple(AvailabilityException.from_stored(one) for one in row["profile__exceptions"]),
        ),
        sites=None if sites is None else frozenset(sites),
        skills=row["profile__skills"],
    )
