"""How well shifts suit people, by the very parts of a plan's value: one person and some shifts, or the other way round."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, QuerySet

from xinshi.activities.eligibility import Candidate
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import HOLDING, deciding_rows, offers_for, sign_up_rules
from xinshi.archive.models import Site, Skill
from xinshi.people.models import Person
from xinshi.scheduling.building import asking, valuing
from xinshi.scheduling.building.asking import Question
from xinshi.scheduling.building.people import laid_out
from xinshi.scheduling.building.problems import site_named
from xinshi.scheduling.building.reading import EXPERIENCE, RECENT, Line, Read
from xinshi.scheduling.domain import VALUE_PARTS, PlanSettings
from xinshi.scheduling.suggesting.domain import Fit

SHIFTS_MAX: Final = 600
PEOPLE_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Fits:
    """By (person, shift), and how many shifts each had lately."""

    by_pair: Mapping[tuple[int, int], Fit]
    recent: Mapping[int, int]


def fits(people: Sequence[Candidate], shift_ids: Collection[int], *, at: datetime) -> Fits:
    """Each of these people with each of these shifts; who may take them is not asked here. Eight queries at most."""
    assert len(people) <= PEOPLE_MAX, f"at most {PEOPLE_MAX} people at once"
    assert len(shift_ids) <= SHIFTS_MAX, f"at most {SHIFTS_MAX} shifts at once"
    lines = _lines(shift_ids)
    if not people or not lines:
        return Fits({}, {})
    read = _read(people, lines, at)
    settings = PlanSettings()
    question = Question(
        people=laid_out(people),
        lines=lines,
        rules=sign_up_rules(),
        settings=settings,
        sites=[site_named(line.offer.place, read.sites) for line in lines],
        held=(),
        hard=frozenset(),
    )
    points = valuing.parts(question, read)
    fairness = valuing.fairness(question, read)
    may_ask = asking.reachable(question) & asking.said_free(question)[0]
    return Fits(
        {
            (candidate.person_id, line.offer.shift_id): Fit(
                {name: int(points[name][row, column]) for name in VALUE_PARTS},
                int(fairness[row, 0]),
                bool(may_ask[row, column]),
            )
            for row, candidate in enumerate(people)
            for column, line in enumerate(lines)
        },
        read.recent,
    )


def _lines(shift_ids: Collection[int]) -> list[Line]:
    rows = list(deciding_rows(Shift.objects.filter(pk__in=shift_ids)).order_by("starts_at", "pk"))
    offers = offers_for(rows, look_at_line=False)
    return [
        Line(
            offer=offers[row.pk],
            free=max(0, row.places - row.taken),
            minimum=max(0, row.minimum - row.taken),
            category=row.activity.category,
            text=f"{row.activity.title} {row.activity.description} {row.role.name} {row.role.description}",
        )
        for row in rows
    ]


def _read(people: Sequence[Candidate], lines: Sequence[Line], at: datetime) -> Read:
    ids = [one.person_id for one in people]
    interests, professions = {}, {}
    known = Person.objects.filter(pk__in=ids).values_list("pk", "service_categories", "profile__profession")
    for pk, categories, profession in known:
        interests[pk] = frozenset(categories)
        professions[pk] = profession or ""
    served = SignUp.objects.filter(
        person_id__in=ids,
        state=SignUp.State.CONFIRMED,
        attended_at__isnull=False,
        shift__starts_at__gte=at - EXPERIENCE,
    ).order_by()
    return Read(
        lines=lines,
        people=people,
        interests=interests,
        professions=professions,
        recent=recent_shifts(ids, at=at),
        experience=frozenset(served.values_list("person_id", "shift__activity__category").distinct()),
        teams=(),
        skills=_named(Skill.objects.filter(is_active=True)),
        sites=_named(Site.objects.filter(is_active=True)),
    )


def recent_shifts(person_ids: Collection[int], *, at: datetime) -> dict[int, int]:
    """How many places each of these people has or had in the last 90 days and in days to come; who had none is left out."""
    rows = SignUp.objects.filter(person_id__in=person_ids, state__in=HOLDING, shift__starts_at__gte=at - RECENT)
    return dict(rows.order_by().values_list("person_id").annotate(number=Count("pk")))


def _named(rows: QuerySet[Skill] | QuerySet[Site]) -> dict[str, tuple[str, ...]]:
    """Names in each language by code."""
    return {code: tuple(filter(None, names)) for code, *names in rows.values_list("code", "name", "name_en")}
