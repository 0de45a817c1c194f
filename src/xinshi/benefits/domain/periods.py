"""Calendar periods in which limits and budgets are counted."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from xinshi.kernel.errors import gettext_noop


class Period(StrEnum):
    """`EVER` is for limits only: a budget always belongs to a part of the calendar."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    EVER = "ever"


PERIOD_WORDS: Final = {
    Period.MONTH: gettext_noop("month"),
    Period.QUARTER: gettext_noop("quarter"),
    Period.YEAR: gettext_noop("year"),
}
BUDGET_PERIODS: Final = (Period.MONTH, Period.QUARTER, Period.YEAR)
MONTHS_IN: Final = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def period_bounds(period: Period, day: date) -> tuple[date, date]:
    """The first day of the period in which `day` lies, and the first day after it."""
    if period is Period.EVER:
        return date.min, date.max
    months = MONTHS_IN[period]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, months_later(first, months)


def months_later(first: date, months: int) -> date:
    """The first of the month that comes `months` after the month of `first`."""
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def years_old(birth_date: date, on: date) -> int:
    """Completed years; who is born on 29 February completes one on 1 March of other years."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def day_of_age(birth_date: date, years: int) -> date:
    """The day on which somebody completes `years`."""
    year = birth_date.year + years
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
