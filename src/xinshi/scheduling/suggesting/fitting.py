"""How well shifts suit people, by the very parts of a plan's value: one person and some shifts, or the other way round."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, QuerySet

from xinshi.activities.eligibility import Candidate, Offer
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries import OfferedShift
from xinshi.activities.queries.deciding import HOLDING, deciding_rows, offers_for, sign_up_rules
from xinshi.archive.models import Site, Skill
from xinshi.doors.prepared import PreparedRead
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
TEXTS: Final = ("activity__title", "activity__description", "role__name", "role__description")


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
    return _weighed(_read(people, lines, at)) if people and lines else Fits({}, {})


def fits_of(candidate: Candidate, shifts: Sequence[OfferedShift], *, at: datetime) -> Mapping[int, Fit]:
    """One person with shifts that were read already, by shift: what it asks runs at every look at the list of shifts."""
    if not shifts:
        return {}
    person = candidate.person_id
    categories, profession = SAID_BY_ONE.rows(person=person)[0]
    needs_text = bool(candidate.facts.skills or profession)
    read = Read(
        lines=_shown_lines(shifts, with_text=needs_text),
        people=[candidate],
        interests={person: frozenset(categories)},
        professions={person: profession or ""},
        recent=dict(RECENT_OF_ONE.rows(person=person, since=at - RECENT)),
        experience=frozenset(EXPERIENCE_OF_ONE.rows(person=person, since=at - EXPERIENCE)),
        teams=(),
        skills=_named(SKILLS.rows()) if needs_text else {},
        sites=_named(SITES.rows()),
    )
    return {shift_id: fit for (_person, shift_id), fit in _weighed(read).by_pair.items()}


def _weighed(read: Read) -> Fits:
    people, lines = read.people, read.lines
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


def _shown_lines(shifts: Sequence[OfferedShift], *, with_text: bool) -> list[Line]:
    """The text is read only for whom it says something: who named a skill or a profession."""
    texts: dict[int, str] = {}
    if with_text:
        rows = Shift.objects.filter(pk__in=[shift.id for shift in shifts])
        texts = {row[0]: " ".join(row[1:]) for row in rows.values_list("pk", *TEXTS)}
    return [
        Line(
            offer=Offer(
                shift_id=shift.id,
                title=shift.title,
                place=shift.place,
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
                places=shift.places,
                taken=shift.taken,
            ),
            free=shift.places_left,
            minimum=0,
            category=shift.category,
            text=texts.get(shift.id, ""),
        )
        for shift in shifts
    ]


def _read(people: Sequence[Candidate], lines: Sequence[Line], at: datetime) -> Read:
    ids = [one.person_id for one in people]
    interests, professions = {}, {}
    known = Person.objects.filter(pk__in=ids).values_list("pk", "service_categories", "profile__profession")
    for pk, categories, profession in known:
        interests[pk] = frozenset(categories)
        professions[pk] = profession or ""
    return Read(
        lines=lines,
        people=people,
        interests=interests,
        professions=professions,
        recent=recent_shifts(ids, at=at),
        experience=frozenset(_served(ids, at - EXPERIENCE)),
        teams=(),
        skills=_named(SKILLS.rows()),
        sites=_named(SITES.rows()),
    )


def recent_shifts(person_ids: Collection[int], *, at: datetime) -> dict[int, int]:
    """How many places each of these people has or had in the last 90 days and in days to come; who had none is left out."""
    return dict(_recent(person_ids, at - RECENT))


def _recent(person_ids: Collection[int], since: datetime) -> QuerySet[SignUp, tuple[Any, ...]]:
    rows = SignUp.objects.filter(person_id__in=person_ids, state__in=HOLDING, shift__starts_at__gte=since)
    return rows.order_by().values_list("person_id").annotate(number=Count("pk"))


def _served(person_ids: Collection[int], since: datetime) -> QuerySet[SignUp, tuple[Any, ...]]:
    """(person, category) in which they served since then."""
    rows = SignUp.objects.filter(
        person_id__in=person_ids,
        state=SignUp.State.CONFIRMED,
        attended_at__isnull=False,
        shift__starts_at__gte=since,
    )
    return rows.order_by().values_list("person_id", "shift__activity__category").distinct()


def _named(rows: Iterable[tuple[Any, ...]]) -> dict[str, tuple[str, ...]]:
    """Names in each language by code."""
    return {code: tuple(filter(None, names)) for code, *names in rows}


SAID_BY_ONE: Final = PreparedRead(
    lambda person: Person.objects.filter(pk=person).values_list("service_categories", "profile__profession"), person=int
)
RECENT_OF_ONE: Final = PreparedRead(lambda person, since: _recent([person], since), person=int, since=datetime)
EXPERIENCE_OF_ONE: Final = PreparedRead(lambda person, since: _served([person], since), person=int, since=datetime)
SKILLS: Final = PreparedRead(lambda: Skill.objects.filter(is_active=True).values_list("code", "name", "name_en"))
SITES: Final = PreparedRead(lambda: Site.objects.filter(is_active=True).values_list("code", "name", "name_en"))
