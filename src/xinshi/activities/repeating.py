"""Holding shifts again on later days: weekly, on working days, every n weeks, without holidays; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from xinshi.activities.domain import LAST_DAY, SHIFTS_MAX, NewShift
from xinshi.kernel import clock, workdays
from xinshi.kernel.errors import Invalid, gettext_noop

WEEKS_MAX: Final = 12


class Repeat(StrEnum):
    """How often shifts are repeated when an activity is planned."""

    DAILY = "daily"
    WORKING_DAYS = "working_days"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """`every_weeks` is for weekly repetition; `skips_holidays` leaves out public holidays."""

    step: Repeat
    until: date
    every_weeks: int = 1
    skips_holidays: bool = False


@dataclass(frozen=True, slots=True)
class Repeated:
    """The shifts in order; `skipped` are the days left out for a holiday; `is_certain` is False where holidays of a year
    have not been announced, so that days may still have to move."""

    shifts: tuple[NewShift, ...]
    skipped: tuple[date, ...]
    is_certain: bool


def repeated(shifts: Sequence[NewShift], wanted: Repetition) -> Repeated:
    """The shifts and, by the hospital's clock, the same ones again on later days up to and with the last.

    Working days are those of the State Council's calendar: make-up Saturdays are, public holidays are not. The shifts
    typed stay on their days. Invalid where that is more than an activity has.
    """
    found: list[NewShift] = []
    skipped: set[date] = set()
    last = min(wanted.until, LAST_DAY - timedelta(days=1))
    for shift in shifts:
        found.append(shift)
        for day in _later_days(clock.local_day(shift.starts_at), wanted, last):
            if wanted.skips_holidays and workdays.holiday_on(day) is not None:
                skipped.add(day)
                continue
            if len(found) >= SHIFTS_MAX:
                raise Invalid(
                    field=gettext_noop("Shifts"), reason=gettext_noop("An activity has between 1 and 60 shifts.")
                )
            found.append(on_day(shift, day))
    ordered = sorted(found, key=lambda shift: (shift.starts_at, shift.ends_at))
    depends = wanted.skips_holidays or wanted.step is Repeat.WORKING_DAYS
    is_certain = not depends or all(workdays.is_known(clock.local_day(shift.starts_at)) for shift in ordered)
    return Repeated(tuple(ordered), tuple(sorted(skipped)), is_certain)


def on_day(shift: NewShift, day: date) -> NewShift:
    """The same shift anew on another day, by the hospital's clock."""
    return replace(shift, starts_at=_on(day, shift.starts_at), ends_at=_on(day, shift.ends_at), shift_id=None)


def _later_days(first: date, wanted: Repetition, last: date) -> Iterator[date]:
    assert 1 <= wanted.every_weeks <= WEEKS_MAX, "the form offers no other"
    every = timedelta(days=7 * wanted.every_weeks if wanted.step is Repeat.WEEKLY else 1)
    day = first + every
    while day <= last:
        if wanted.step is not Repeat.WORKING_DAYS or workdays.is_working_day(day):
            yield day
        day += every


def _on(day: date, moment: datetime) -> datetime:
    return clock.at_local(day, moment.astimezone(clock.HOSPITAL_ZONE).time())
