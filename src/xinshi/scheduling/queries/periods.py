"""Periods with what was planned in them, and the choices of their form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Count, F, Min, OuterRef, Subquery, Sum

from xinshi.activities.models import Shift
from xinshi.doors.wording import day_text
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.scheduling import access
from xinshi.scheduling.building.reading import shifts_of
from xinshi.scheduling.domain import PlanSettings
from xinshi.scheduling.models import PlanningPeriod, PlanVersion

PERIODS_SHOWN: Final = 100
ACTIVITIES_OFFERED: Final = 60
AHEAD: Final = timedelta(days=42)


@dataclass(frozen=True, slots=True)
class PeriodLine:
    period: PlanningPeriod
    versions: int
    last: PlanVersion | None
    published: int | None
    """The number of the published version."""


@dataclass(frozen=True, slots=True)
class PeriodDetail:
    period: PlanningPeriod
    settings: PlanSettings
    versions: Sequence[PlanVersion]
    organizations: Sequence[str]
    activities: Sequence[str]
    shifts: int
    places: int
    """Free places of the shifts that would be planned now."""
    at_work: PlanVersion | None
    may_plan: bool

    @property
    def with_plan(self) -> list[PlanVersion]:
        return [one for one in self.versions if one.coverage is not None]


def period_lines(actor: Actor) -> list[PeriodLine]:
    """The latest periods; two queries."""
    newest = PlanVersion.objects.filter(period=OuterRef("pk")).order_by("-number").values("pk")[:1]
    published = PlanVersion.objects.filter(period=OuterRef("pk"), state="published").values("number")[:1]
    rows = list(
        access.visible_to(actor)
        .annotate(version_count=Count("versions"), last_pk=Subquery(newest), published=Subquery(published))
        .order_by("is_closed", "-first_day", "-pk")[:PERIODS_SHOWN]
    )
    last = PlanVersion.objects.in_bulk([row.last_pk for row in rows if row.last_pk])
    return [PeriodLine(row, row.version_count, last.get(row.last_pk or 0), row.published) for row in rows]


def period_detail(actor: Actor, period_id: int) -> PeriodDetail:
    """One period with its versions, the newest first; NotFound for what the actor may not see."""
    period = access.period_of(actor, period_id)
    versions = list(period.versions.order_by("-number"))
    free = shifts_of(period, at=clock.now()).filter(taken__lt=F("places"))
    sums = free.aggregate(shifts=Count("pk"), places=Sum(F("places") - F("taken")))
    return PeriodDetail(
        period=period,
        settings=PlanSettings.from_stored(period.settings),
        versions=versions,
        organizations=list(period.organizations.order_by("name").values_list("name", flat=True)),
        activities=list(period.activities.order_by("title").values_list("title", flat=True)),
        shifts=sums["shifts"],
        places=sums["places"] or 0,
        at_work=next((one for one in versions if one.state in ("waiting", "running")), None),
        may_plan=access.is_planner(actor) and not period.is_closed,
    )


def activities_to_choose(period: PlanningPeriod | None = None) -> list[tuple[int, str]]:
    """Published activities with shifts to come, the next first, and those that a period has already."""
    now = clock.now()
    coming = Shift.objects.filter(is_open=True, starts_at__gt=now, starts_at__lt=now + AHEAD)
    rows = (
        coming.values("activity_id", "activity__title")
        .annotate(first=Min("starts_at"))
        .order_by("first", "activity_id")
    )
    found = {
        row["activity_id"]: f"{row['activity__title']} · {day_text(row['first'])}" for row in rows[:ACTIVITIES_OFFERED]
    }
    if period is not None:
        found |= {pk: found.get(pk, title) for pk, title in period.activities.values_list("pk", "title")}
    return list(found.items())
