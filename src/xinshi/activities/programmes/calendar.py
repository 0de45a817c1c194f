"""The days that planning goes by: public holidays, make-up working days, the hospital's own days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext

from xinshi.activities.programmes.models import OwnDay
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock, workdays

DAYS_AHEAD: Final = 45
DAYS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class DayAhead:
    """A day that planners should know of."""

    day: date
    name: str
    is_own: bool = False
    is_make_up: bool = False
    is_working: bool = True


def coming_days(*, days: int = DAYS_AHEAD, limit: int = DAYS_SHOWN) -> list[DayAhead]:
    """The holidays, make-up days and own days of the next weeks; a run of holidays counts as its first day. One query."""
    first = clock.today()
    return days_between(first, first + timedelta(days=days), runs=False)[:limit]


def days_between(first: date, last: date, *, runs: bool = True) -> list[DayAhead]:
    """Every special day from `first` to `last`; without `runs` a holiday of several days is said once."""
    own = {(row.month, row.day): row for row in OwnDay.objects.filter(is_active=True)}
    found: list[DayAhead] = []
    said = ""
    for offset in range(min((last - first).days, 400) + 1):
        day = first + timedelta(days=offset)
        name = holiday_text(day)
        if name and (runs or name != said):
            found.append(DayAhead(day, name, is_working=False))
        said = name
        if workdays.is_make_up_day(day):
            found.append(DayAhead(day, gettext("make-up working day"), is_make_up=True))
        if (day.month, day.day) in own:
            found.append(
                DayAhead(day, own_name(own[day.month, day.day]), is_own=True, is_working=workdays.is_working_day(day))
            )
    return found


def holiday_text(day: date) -> str:
    """The holiday's name in the reader's language; empty on any other day."""
    holiday = workdays.holiday_on(day)
    if holiday is None:
        return ""
    return holiday.chinese if is_chinese() else holiday.english


def own_name(row: OwnDay) -> str:
    return row.name if is_chinese() else row.name_en or row.name
