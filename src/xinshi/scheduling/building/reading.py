"""What a plan needs of the database: a fixed number of queries, but for the archive, which is read in parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet

from xinshi.activities.eligibility import Candidate, Offer
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import HOLDING, candidates, deciding_rows, offers_for
from xinshi.activities.waves.domain import kept_for_others
from xinshi.archive.models import Site, Skill
from xinshi.bank.models import Passbook
from xinshi.kernel import clock
from xinshi.people.models import Person
from xinshi.scheduling.models import PlanningPeriod

RECENT: Final = timedelta(days=90)
"""Service within so long counts for fairness."""
EXPERIENCE: Final = timedelta(days=365)
TOGETHER: Final = timedelta(days=180)
SHIFTS_MAX: Final = 6_000
PEOPLE_MAX: Final = 60_000
TEAM_SIZE_MAX: Final = 4
TEAM_PAIRS_MAX: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A shift with free places, as the solver is asked for it."""

    offer: Offer
    free: int
    minimum: int
    category: str
    text: str
    """Title, role and descriptions: what the work is, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Everything that was read, by person and shift."""

    lines: Sequence[Line]
    people: Sequence[Candidate]
    interests: Mapping[int, frozenset[str]]
    professions: Mapping[int, str]
    recent: Mapping[int, int]
    """Shifts within RECENT, served or still to come before the period."""
    experience: frozenset[tuple[int, str]]
    """(person, category) in which somebody served within EXPERIENCE."""
    teams: Sequence[tuple[int, int]]
    skills: Mapping[str, tuple[str, ...]]
    """Names of the catalogue's skills, in each language, by code."""
    sites: Mapping[str, tuple[str, ...]]
    """Names of the catalogue's sites by code."""


def shifts_of(period: PlanningPeriod, *, at: datetime) -> QuerySet[Shift]:
    """Published shifts of the period and its scope that have not begun."""
    first, _after = clock.day_bounds(period.first_day)
    _first, after = clock.day_bounds(period.last_day)
    rows = Shift.objects.filter(is_open=True, starts_at__gte=max(first, at), starts_at__lt=after).exclude(starts_at=at)
    organizations = list(period.organizations.values_list("pk", flat=True))
    activities = list(period.activities.values_list("pk", flat=True))
    if organizations or activities:
        rows = rows.filter(Q(activity__organizer_id__in=organizations) | Q(activity_id__in=activities))
    return rows


def read(period: PlanningPeriod, *, at: datetime) -> Read:
    """What is known at this moment."""
    lines = _lines(period, at)
    active = Passbook.objects.filter(
        state=Passbook.State.ACTIVE, person__erased_at=None, person__merged_into=None
    ).order_by("person_id")
    ids = list(active.values_list("person_id", flat=True)[:PEOPLE_MAX]) if lines else []
    found = candidates(ids, [line.offer for line in lines])
    people = [found[person_id] for person_id in ids if person_id in found]
    known = Person.objects.filter(passbook__state=Passbook.State.ACTIVE).values_list(
        "pk", "service_categories", "profile__profession"
    )
    interests, professions = {}, {}
    for pk, categories, profession in known:
        if categories:
            interests[pk] = frozenset(categories)
        if profession:
            professions[pk] = profession
    first, _after = clock.day_bounds(period.first_day)
    return Read(
        lines=lines,
        people=people,
        interests=interests,
        professions=professions,
        recent=_recent(first),
        experience=_experience(at),
        teams=_teams(at),
        skills={code: tuple(filter(None, names)) for code, *names in _named(Skill)},
        sites={code: tuple(filter(None, names)) for code, *names in _named(Site)},
    )


def _lines(period: PlanningPeriod, at: datetime) -> list[Line]:
    rows = list(deciding_rows(shifts_of(period, at=at)).order_by("starts_at", "pk")[:SHIFTS_MAX])
    offers = offers_for(rows, look_at_line=False)
    found = []
    for row in rows:
        offer = offers[row.pk]
        free = row.places - row.taken - kept_for_others(offer.quotas, None, at)
        if free < 1:
            continue
        words = (row.activity.title, row.activity.description, row.role.name, row.role.description)
        found.append(
            Line(
                offer=offer,
                free=free,
                minimum=max(0, row.minimum - row.taken),
                category=row.activity.category,
                text=" ".join(words),
            )
        )
    return found


def _named(model: type[Skill] | type[Site]) -> list[tuple[str, str, str]]:
    return list(model.objects.filter(is_active=True).values_list("code", "name", "name_en"))


def _recent(before: datetime) -> dict[int, int]:
    rows = SignUp.objects.filter(
        state__in=HOLDING, shift__starts_at__gte=before - RECENT, shift__starts_at__lt=before
    ).order_by()
    return dict(rows.values_list("person_id").annotate(number=Count("pk")))


def _experience(at: datetime) -> frozenset[tuple[int, str]]:
    rows = SignUp.objects.filter(
        state=SignUp.State.CONFIRMED, attended_at__isnull=False, shift__starts_at__gte=at - EXPERIENCE
    ).order_by()
    return frozenset(rows.values_list("person_id", "shift__activity__category").distinct())


def _teams(at: datetime) -> list[tuple[int, int]]:
    """Pairs of people who signed up as one small group lately, the newest groups first."""
    rows = (
        SignUp.objects.exclude(group_key="")
        .filter(signed_up_at__gte=at - TOGETHER)
        .order_by("-signed_up_at", "pk")
        .values_list("group_key", "person_id")
    )
    groups: dict[str, set[int]] = defaultdict(set)
    for key, person_id in rows[: TEAM_PAIRS_MAX * TEAM_SIZE_MAX]:
        groups[key].add(person_id)
    return pairs_of(groups.values())


def pairs_of(groups: Collection[Collection[int]]) -> list[tuple[int, int]]:
    """Each two people of each group of at most TEAM_SIZE_MAX once, the smaller key first."""
    found: dict[tuple[int, int], None] = {}
    for group in groups:
        people = sorted(group)
        if len(people) > TEAM_SIZE_MAX:
            continue
        for place, one in enumerate(people):
            for other in people[place + 1 :]:
                found[one, other] = None
    return list(found)[:TEAM_PAIRS_MAX]
