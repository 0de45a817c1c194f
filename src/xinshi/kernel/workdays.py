"""Working days 工作日 and public holidays of China, make-up working days 调休 included.

The State Council's notice of every November is read from the library chinesecalendar. For years that it does not know,
Monday to Friday count as working days, and `is_known` says so: deadlines and repetitions that lie there may still move.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chinese_calendar.constants import Holiday, holidays, workdays

DAYS_MAX: Final = 10_000
SATURDAY: Final = 5
FIRST_KNOWN_YEAR: Final[int] = min(holidays).year
LAST_KNOWN_YEAR: Final[int] = max(holidays).year
_CHINESE: Final[dict[str, str]] = {row.value: str(row.chinese) for row in Holiday}
_WEEKEND_AT_WORK: Final = sorted(day.toordinal() for day in workdays if day.weekday() >= SATURDAY)
_WEEKDAYS_OFF: Final = sorted(day.toordinal() for day in holidays if day.weekday() < SATURDAY)


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    """The name of a public holiday in both languages."""

    chinese: str
    english: str


def is_known(day: date) -> bool:
    """Whether the holidays of that year have been announced; otherwise weekdays stand for working days."""
    return FIRST_KNOWN_YEAR <= day.year <= LAST_KNOWN_YEAR


def is_working_day(day: date) -> bool:
    """Whether people in China work on `day`."""
    return day in workdays or (day.weekday() < SATURDAY and day not in holidays)


def is_make_up_day(day: date) -> bool:
    """Whether `day` is at a weekend and worked in exchange for a holiday."""
    return day in workdays and day.weekday() >= SATURDAY


def holiday_on(day: date) -> PublicHoliday | None:
    """The public holiday because of which `day` is off, days in lieu included; None on any other day."""
    english = holidays.get(day)
    return None if english is None else PublicHoliday(chinese=_CHINESE[english], english=english)


def working_days_after(day: date, number: int) -> date:
    """The `number`-th working day after `day`, which is not counted itself; `day` where `number` is 0."""
    assert 0 <= number <= DAYS_MAX, f"between 0 and {DAYS_MAX} working days"
    found = day
    while number:
        found += timedelta(days=1)
        number -= is_working_day(found)
    return found


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after `start`, up to and with `end`; negative where `end` is before `start`."""
    return _working_days_until(end) - _working_days_until(start)


def _working_days_until(day: date) -> int:
    """Working days from the first Monday of the calendar to `day`, by arithmetic and not by walking."""
    number = day.toordinal()
    weeks, rest = divmod(number, 7)
    weekdays = weeks * 5 + min(rest, 5)
    return weekdays + bisect_right(_WEEKEND_AT_WORK, number) - bisect_right(_WEEKDAYS_OFF, number)
