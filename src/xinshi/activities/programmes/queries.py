"""Reads of programmes: the list, one with its figures and its coming activities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Min, Q

from xinshi.activities import access
from xinshi.activities.models import Activity, Programme, SignUp
from xinshi.activities.programmes.models import OwnDay
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import SERVED_GROUPS, label_for
from xinshi.kernel.errors import NotFound

ACTIVITIES_SHOWN: Final = 30
PROGRAMMES_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    row: Programme
    coming: int
    """Published activities that are not over."""


@dataclass(frozen=True, slots=True)
class ComingActivity:
    id: int
    title: str
    place: str
    next_at: datetime
    shifts: int


@dataclass(frozen=True, slots=True)
class ProgrammePage:
    """A programme with what was held under it: activities finished, person-times and people who came."""

    row: Programme
    for_whom: list[str]
    held: int
    person_times: int
    people: int
    coming: list[ComingActivity]
    may_plan: bool


def programmes(*, actor: Actor) -> list[ProgrammeLine]:
    """Programmes that go on, first those with the most to come; planners see ended ones too. One query."""
    rows = Programme.objects.all() if access.is_planner(actor) else Programme.objects.filter(is_active=True)
    coming = Count("activities", filter=Q(activities__state=Activity.State.PUBLISHED))
    found = rows.annotate(coming=coming).order_by("-is_active", "-coming", "name")[:PROGRAMMES_SHOWN]
    return [ProgrammeLine(row, row.coming) for row in found]


def programme_page(actor: Actor, programme_id: int) -> ProgrammePage:
    """Three queries; NotFound where there is none. Ended ones stay: what was done under them is not forgotten."""
    row = Programme.objects.filter(pk=programme_id).first()
    if row is None:
        raise NotFound
    came = SignUp.objects.filter(shift__activity__programme=row, attended_at__isnull=False)
    figures = came.aggregate(times=Count("pk"), people=Count("person_id", distinct=True))
    held = Activity.objects.filter(programme=row, state=Activity.State.FINISHED).count()
    coming = (
        Activity.objects.filter(programme=row, state=Activity.State.PUBLISHED, shifts__ends_at__gt=clock.now())
        .annotate(next_at=Min("shifts__starts_at"), number=Count("shifts"))
        .order_by("next_at", "pk")[:ACTIVITIES_SHOWN]
    )
    return ProgrammePage(
        row=row,
        for_whom=[label_for(SERVED_GROUPS, code, chinese=is_chinese()) for code in row.served_groups.split()],
        held=held,
        person_times=figures["times"],
        people=figures["people"],
        coming=[ComingActivity(one.pk, one.title, one.place, one.next_at, one.number) for one in coming],
        may_plan=access.is_planner(actor),
    )


def programme(programme_id: int) -> Programme:
    row = Programme.objects.filter(pk=programme_id).first()
    if row is None:
        raise NotFound
    return row


def own_days() -> list[OwnDay]:
    """The days that the hospital keeps, through the year."""
    return list(OwnDay.objects.filter(is_active=True).order_by("month", "day", "name"))
