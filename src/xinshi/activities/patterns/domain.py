"""An activity without its dates, and the same activity moved to another day; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any, Final

from xinshi.activities.domain import FIRST_DAY, LAST_DAY, NewActivity, NewRole, NewShift
from xinshi.activities.requirements import Requirements
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import Invalid, gettext_noop

KEPT: Final = (
    "title",
    "category",
    "place",
    "organizer_id",
    "person_in_charge_id",
    "programme_id",
    "description",
    "risks",
    "recruits",
    "team_id",
    "sign_up_way",
    "is_coupled",
    "is_dangerous",
    "sign_up_closes_minutes",
    "cancel_closes_minutes",
    "allowance_yuan",
)
"""Not kept: the declaration about working time, which is given anew for new dates."""


def first_day(activity: NewActivity) -> date:
    """The day of the first shift, by the hospital's clock."""
    return min(clock.local_day(shift.starts_at) for shift in activity.shifts)


def to_plan(activity: NewActivity) -> dict[str, Any]:
    """What a pattern keeps: shifts as days after the first, with their clock times."""
    first = first_day(activity)
    return {
        **{name: getattr(activity, name) for name in KEPT},
        "hours_kind": activity.hours_kind.value,
        "roles": [
            {"name": role.name, "description": role.description, "requirements": role.requirements.as_stored()}
            for role in activity.roles
        ],
        "shifts": [
            {
                "day": (clock.local_day(shift.starts_at) - first).days,
                "starts": shift.starts_at.astimezone(clock.HOSPITAL_ZONE).strftime("%H:%M"),
                "ends": shift.ends_at.astimezone(clock.HOSPITAL_ZONE).strftime("%H:%M"),
                "places": shift.places,
                "minimum": shift.minimum,
                "reserve": shift.reserve,
                "role": shift.role,
            }
            for shift in activity.shifts
        ],
    }


def from_plan(plan: Mapping[str, Any], first: date) -> NewActivity:
    """The pattern as an activity that begins on `first`; Invalid where that leaves the calendar."""
    shifts = plan["shifts"]
    require_in_calendar(first, max(shift["day"] for shift in shifts))
    return NewActivity(
        **{name: plan[name] for name in KEPT if name in plan},
        hours_kind=HoursKind(plan["hours_kind"]),
        roles=tuple(
            NewRole(
                name=role["name"],
                description=role["description"],
                requirements=Requirements.from_stored(role["requirements"]),
            )
            for role in plan["roles"]
        ),
        shifts=tuple(
            NewShift(
                starts_at=clock.at_local(first + timedelta(days=shift["day"]), time.fromisoformat(shift["starts"])),
                ends_at=clock.at_local(first + timedelta(days=shift["day"]), time.fromisoformat(shift["ends"])),
                places=shift["places"],
                minimum=shift["minimum"],
                reserve=shift["reserve"],
                role=shift["role"],
            )
            for shift in shifts
        ),
    )


def moved(activity: NewActivity, days: int) -> NewActivity:
    """The same activity anew, a draft, so many days later or earlier by the hospital's clock."""
    length = (max(clock.local_day(shift.starts_at) for shift in activity.shifts) - first_day(activity)).days
    require_in_calendar(first_day(activity) + timedelta(days=days), length)
    return replace(
        activity,
        state="draft",
        is_off_duty=False,
        shifts=tuple(_moved_shift(shift, timedelta(days=days)) for shift in activity.shifts),
    )


def _moved_shift(shift: NewShift, by: timedelta) -> NewShift:
    starts, ends = (moment.astimezone(clock.HOSPITAL_ZONE) for moment in (shift.starts_at, shift.ends_at))
    return replace(
        shift,
        shift_id=None,
        starts_at=clock.at_local(starts.date() + by, starts.time()),
        ends_at=clock.at_local(ends.date() + by, ends.time()),
    )


def require_in_calendar(first: date, days: int) -> None:
    if not (FIRST_DAY < first < LAST_DAY - timedelta(days=days + 1)):
        raise Invalid(field=gettext_noop("Day"), reason=gettext_noop("Choose a day between 1990 and 2199."))
