"""The picture of a passbook: certified hours of twelve months as columns, stacked by kind. Plain geometry, no drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

MONTHS: Final = 12
WIDTH: Final = 360
BASE: Final = 140
"""Where the columns stand; the months' names are below."""
ROOM: Final = 116
"""The height of the tallest column; above it is its figure."""
STEP: Final = WIDTH // MONTHS
BREADTH: Final = 18

MonthKey = tuple[int, int]
"""(year, month)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A month: verified minutes below, honorary above; x, y and heights in the picture's own units."""

    day: date
    verified_minutes: int
    honorary_minutes: int
    x: int
    verified_height: int
    honorary_height: int
    names_year: bool
    """The year stands below its January, and below the first column where there is room before one."""

    @property
    def minutes(self) -> int:
        return self.verified_minutes + self.honorary_minutes

    @property
    def middle(self) -> int:
        return self.x + BREADTH // 2

    @property
    def verified_y(self) -> int:
        return BASE - self.verified_height

    @property
    def honorary_y(self) -> int:
        return self.verified_y - self.honorary_height

    @property
    def figure_y(self) -> int:
        return self.honorary_y - 6


@dataclass(frozen=True, slots=True)
class Picture:
    """Twelve months, the oldest first; `best` is the fullest, None where all are empty."""

    columns: tuple[Column, ...]
    best: Column | None

    @property
    def minutes(self) -> int:
        return sum(column.minutes for column in self.columns)

    @property
    def verified_minutes(self) -> int:
        return sum(column.verified_minutes for column in self.columns)

    @property
    def honorary_minutes(self) -> int:
        return sum(column.honorary_minutes for column in self.columns)

    @property
    def last(self) -> date:
        return self.columns[-1].day


def months_until(day: date) -> list[date]:
    """The first days of twelve months, `day`'s the last."""
    place = day.year * 12 + day.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(place - MONTHS + 1, place + 1)]


def draw(served: Mapping[MonthKey, tuple[int, int]], *, today: date) -> Picture:
    """The twelve months up to this one; where nothing was served in them, those up to the last month of service.

    `served`: (verified, honorary) minutes by month.
    """
    months = months_until(today)
    if served and not any((day.year, day.month) in served for day in months):
        months = months_until(date(*max(served), 1))
    minutes = [served.get((day.year, day.month), (0, 0)) for day in months]
    most = max(map(sum, minutes))
    columns = tuple(_column(place, day, minutes[place], most) for place, day in enumerate(months))
    best = max(columns, key=lambda column: column.minutes) if most else None
    return Picture(columns, best)


def _column(place: int, day: date, minutes: tuple[int, int], most: int) -> Column:
    verified, honorary = minutes
    whole = _height(verified + honorary, most)
    lower = round(whole * verified / (verified + honorary)) if whole else 0
    return Column(
        day=day,
        verified_minutes=verified,
        honorary_minutes=honorary,
        x=place * STEP + (STEP - BREADTH) // 2,
        verified_height=lower,
        honorary_height=whole - lower,
        names_year=day.month == 1 or (place == 0 and day.month < 11),
    )


def _height(minutes: int, most: int) -> int:
    """In proportion to the fullest month; what is there at all is seen."""
    return max(3, round(ROOM * minutes / most)) if minutes else 0
