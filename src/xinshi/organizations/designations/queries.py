"""Reads of designations with what was achieved of their targets this year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.access import kept_by, sees_members
from xinshi.organizations.domain import Progress, progress, year_so_far
from xinshi.organizations.figures import Achieved, achieved
from xinshi.organizations.models import Designation, DesignationReview


@dataclass(frozen=True, slots=True)
class Reached:
    """A designation and this year's target; `progress` is None once it has ended."""

    row: Designation
    progress: Progress | None
    is_due: bool
    """Its review is due."""


def visible(actor: Actor) -> QuerySet[Designation]:
    """All for the station and the auditor, otherwise those of the organisations that one keeps."""
    rows = Designation.objects.select_related("organization")
    return rows if sees_members(actor) else rows.filter(organization__in=kept_by(actor))


def designations(
    actor: Actor, *, kind: str = "", organization_id: int | None = None, is_due: bool = False
) -> QuerySet[Designation]:
    """What lasts first, by the day of its next review."""
    rows = visible(actor)
    if kind:
        rows = rows.filter(kind=kind)
    if organization_id is not None:
        rows = rows.filter(organization_id=organization_id)
    if is_due:
        rows = rows.filter(ended_on=None, review_on__lte=clock.today())
    return rows.order_by("ended_on", "review_on", "pk") if is_due else rows.order_by("organization__name", "pk")


def reached(rows: Iterable[Designation]) -> list[Reached]:
    """With this year's figures; one count for all that began at the same time in the year."""
    shown = list(rows)
    today = clock.today()
    by_first: dict[date, set[int]] = defaultdict(set)
    for row in shown:
        if row.ended_on is None and row.started_on <= today:
            by_first[year_so_far(row.started_on, today=today)[0]].add(row.organization_id)
    figures: dict[tuple[date, int], Achieved] = {}
    for first, ids in by_first.items():
        figures |= {(first, pk): found for pk, found in achieved(sorted(ids), first, today).items()}
    return [_reached(row, figures, today) for row in shown]


def _reached(row: Designation, figures: dict[tuple[date, int], Achieved], today: date) -> Reached:
    if row.ended_on is not None:
        return Reached(row, None, is_due=False)
    found = figures.get((year_so_far(row.started_on, today=today)[0], row.organization_id), Achieved())
    done = found.minutes if row.measure == Designation.Measure.MINUTES else found.person_times
    return Reached(
        row,
        progress(achieved=done, target_per_year=row.target_per_year, started_on=row.started_on, today=today),
        is_due=is_due(row),
    )


def is_due(row: Designation) -> bool:
    """Its review is due."""
    return row.review_on is not None and row.review_on <= clock.today()


def designation(actor: Actor, designation_id: int) -> Designation:
    found = visible(actor).filter(pk=designation_id).first()
    if found is None:
        raise NotFound
    return found


def reviews(row: Designation) -> list[DesignationReview]:
    """The reviews of a designation that was shown, the latest first."""
    return list(row.reviews.order_by("-pk")[:100])


def due_count(actor: Actor) -> int:
    return designations(actor, is_due=True).count()
