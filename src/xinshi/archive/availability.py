"""When somebody can come: a weekly pattern of quarters of days, and exceptions such as holidays and exam weeks. Pure.

A day has four quarters by the hospital's clock: night 0–6, morning 6–12, afternoon 12–18, evening 18–24. A weekly pattern
is a set of (weekday, quarter), Monday is 0; stored as a number of 28 bits, bit = weekday × 4 + quarter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import Any, Final

from xinshi.kernel import clock

WEEKDAYS: Final = 7
QUARTERS: Final = 4
QUARTER_HOURS: Final = 6
WEEKLY_MAX: Final = 2 ** (WEEKDAYS * QUARTERS) - 1
"""Every quarter of every day."""
EXCEPTIONS_MAX: Final = 40
EXCEPTION_DAYS_MAX: Final = 366
NOTE_LENGTH_MAX: Final = 40


class Quarter(IntEnum):
    """A quarter of a day."""

    NIGHT = 0
    MORNING = 1
    AFTERNOON = 2
    EVENING = 3


@dataclass(frozen=True, slots=True, order=True)
class AvailabilityException:
    """From `first` to `last`, both included, somebody cannot come at all, or (`is_free`) can come the whole day."""

    first: date
    last: date
    is_free: bool = False
    note: str = ""

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    def as_stored(self) -> dict[str, Any]:
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "is_free": self.is_free,
            "note": self.note,
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> AvailabilityException:
        return cls(
            first=date.fromisoformat(stored["first"]),
            last=date.fromisoformat(stored["last"]),
            is_free=bool(stored["is_free"]),
            note=str(stored.get("note", "")),
        )


@dataclass(frozen=True, slots=True)
class Availability:
    """`weekly`: the stored number, None where nothing was entered; `exceptions` win over it, and "cannot" over "can"."""

    weekly: int | None = None
    exceptions: tuple[AvailabilityException, ...] = ()

    def is_free(self, starts_at: datetime, ends_at: datetime) -> bool | None:
        """Whether somebody can come for the whole of this time (aware moments); None where they did not say.

        One quarter in which they cannot come is enough for False, whatever is not known of the others.
        """
        assert starts_at < ends_at, "a time ends after it starts"
        if self.weekly is None and not self.exceptions:
            return None
        answers = {self._is_free_in(day, quarter) for day, quarter in quarters_between(starts_at, ends_at)}
        if False in answers:
            return False
        return None if None in answers else True

    def _is_free_in(self, day: date, quarter: Quarter) -> bool | None:
        said = [exception.is_free for exception in self.exceptions if exception.covers(day)]
        if said:
            return all(said)
        return None if self.weekly is None else has_quarter(self.weekly, day.weekday(), quarter)


NOTHING_SAID: Final = Availability()


def quarters_between(starts_at: datetime, ends_at: datetime) -> Iterator[tuple[date, Quarter]]:
    """The quarters that a time touches, as the hospital's days."""
    local = starts_at.astimezone(clock.HOSPITAL_ZONE)
    day, quarter = local.date(), local.hour // QUARTER_HOURS
    while clock.at_local(day, time(quarter * QUARTER_HOURS)) < ends_at:
        yield day, Quarter(quarter)
        quarter += 1
        if quarter == QUARTERS:
            day, quarter = day + timedelta(days=1), 0


def bit_of(weekday: int, quarter: int) -> int:
    return 1 << (weekday * QUARTERS + quarter)


def has_quarter(weekly: int, weekday: int, quarter: int) -> bool:
    return bool(weekly & bit_of(weekday, quarter))


def weekly_of(cells: Iterable[tuple[int, int]]) -> int:
    """The stored number of a set of (weekday, quarter)."""
    weekly = 0
    for weekday, quarter in cells:
        assert 0 <= weekday < WEEKDAYS, "Monday is 0, Sunday is 6"
        assert 0 <= quarter < QUARTERS, "a day has four quarters"
        weekly |= bit_of(weekday, quarter)
    return weekly


def cells_of(weekly: int) -> list[tuple[int, int]]:
    """(weekday, quarter) of a stored number, in order of the week."""
    return [
        (weekday, quarter)
        for weekday in range(WEEKDAYS)
        for quarter in range(QUARTERS)
        if has_quarter(weekly, weekday, quarter)
    ]
