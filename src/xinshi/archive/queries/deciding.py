"""Reads of the archive: what decides who may take a place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.db.models import FilteredRelation, Q, QuerySet

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
OWN_COLUMNS: Final = (*PERSON_COLUMNS, "verified__kind__code", "verified__issued_on", "verified__expires_on")


def _person_rows(person_ids: Sequence[int]) -> QuerySet[Person, tuple[Any, ...]]:
    return Person.objects.filter(pk__in=person_ids).values_list(*PERSON_COLUMNS)


def _period_rows(person_ids: Sequence[int]) -> QuerySet[Qualification, tuple[Any, ...]]:
    verified = Qualification.objects.filter(person_id__in=person_ids, state=Qualification.State.VERIFIED)
    return verified.values_list(*PERIOD_COLUMNS)


def own_rows(person_id: int) -> QuerySet[Person, tuple[Any, ...]]:
    """OWN_COLUMNS of one person, a row for each verified qualification, or one where there is none: see `own_facts`."""
    is_verified = Q(qualifications__state=Qualification.State.VERIFIED)
    verified = FilteredRelation("qualifications", condition=is_verified)
    return Person.objects.filter(pk=person_id).annotate(verified=verified).values_list(*OWN_COLUMNS)


ONE_PERSON: Final = PreparedRead(own_rows, person_id=int)
"""At every sign-up it is one person who asks."""
ALL_INCLUSIONS: Final = PreparedRead(lambda: Inclusion.objects.values_list("kind__code", "included__code"))


def inclusions() -> dict[str, list[str]]:
    """Which codes each code includes directly."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, included in ALL_INCLUSIONS.rows():
        found[code].append(included)
    return dict(found)


def own_facts(rows: Sequence[tuple[Any, ...]]) -> Facts | None:
    """`Facts` of the one person whose OWN_COLUMNS these are; None where there are none. One query more at most."""
    if not rows:
        return None
    row, number = dict(zip(PERSON_COLUMNS, rows[0], strict=False)), len(PERSON_COLUMNS)
    periods: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for code, issued_on, expires_on in (values[number : number + 3] for values in rows):
        if code is not None:
            periods[code].append((issued_on, expires_on or UNLIMITED))
    today = clock.today()
    held = [(code, last) for code, some in periods.items() if (last := covered_until(some, today=today)) is not None]
    qualifications = last_days(held, inclusions()) if held else {}
    return _facts(row, qualifications) if row["profile__pk"] else _bare(row, qualifications)


def facts(person_ids: Collection[int]) -> dict[int, Facts]:
    """What decides on sign-up, for each of these people: one query, and two per 500 people.

    Somebody without a profile has no limits, no availability that is known and no sites (see `Limits`, `Facts`).
    """
    wanted = sorted(set(person_ids))
    if len(wanted) == 1:
        own = own_facts(ONE_PERSON.rows(person_id=wanted[0]))
        return {} if own is None else {own.person_id: own}
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
        for row in (dict(zip(PERSON_COLUMNS, values, strict=True)) for values in _person_rows(part)):
            qualifications = last_days(held[row["pk"]], includes or {})
            found[row["pk"]] = _facts(row, qualifications) if row["profile__pk"] else _bare(row, qualifications)
    return found


def _periods(person_ids: Sequence[int]) -> dict[tuple[int, str], list[tuple[date, date]]]:
    """(first day, last day) of what was verified, by person and code."""
    found: dict[tuple[int, str], list[tuple[date, date]]] = defaultdict(list)
    for person_id, code, issued_on, expires_on in _period_rows(person_ids):
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
