"""The plan as a table that can be filled in, changed and imported again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xinshi.activities import access
from xinshi.activities.importing.columns import EXAMPLE, EXPORT_ONLY, HEADERS
from xinshi.activities.models import Activity, Shift
from xinshi.documents.workbook import Cell, write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import SERVICE_CATEGORIES, label_for

SHIFTS_MAX: Final = 20_000
SHEET: Final = "活动计划"


def empty_plan() -> bytes:
    """A plan with its columns and one example row."""
    return write_workbook(sheet_name=SHEET, headers=HEADERS, rows=[EXAMPLE])


def plan_workbook(actor: Actor) -> bytes:
    """Every coming shift that is planned or published, a row each; for planners."""
    access.require_planner(actor)
    rows = Shift.objects.filter(
        ends_at__gt=clock.now(), activity__state__in=[Activity.State.DRAFT, Activity.State.PUBLISHED]
    )
    rows = rows.select_related("role", "activity__organizer", "activity__person_in_charge", "activity__programme")
    found = rows.order_by("starts_at", "pk")[:SHIFTS_MAX]
    return write_workbook(sheet_name=SHEET, headers=(*HEADERS, *EXPORT_ONLY), rows=_rows(list(found)))


def _rows(shifts: list[Shift]) -> Iterator[list[Cell]]:
    for shift in shifts:
        activity = shift.activity
        starts, ends = (moment.astimezone(clock.HOSPITAL_ZONE) for moment in (shift.starts_at, shift.ends_at))
        yield [
            activity.title,
            shift.role.name,
            starts.date(),
            f"{starts:%H:%M}",
            f"{ends:%H:%M}",
            shift.places,
            shift.minimum,
            shift.reserve,
            activity.place,
            label_for(SERVICE_CATEGORIES, activity.category, chinese=True),
            activity.organizer.name,
            activity.person_in_charge.volunteer_number,
            activity.programme.name if activity.programme else "",
            activity.description,
            activity.risks,
            shift.taken,
            str(Activity.State(activity.state).label),
        ]
