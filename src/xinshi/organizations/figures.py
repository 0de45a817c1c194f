"""What rooms above know of an organisation and this room shows: hours served and coming shifts, by registered finders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

RESERVED_SHIFTS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Achieved:
    """What members served, on days when they belonged, in the organisation and all below it; each service once."""

    minutes: int = 0
    person_times: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class ReservedShift:
    """A coming shift that is kept for an organisation's members; `object_ref` leads to it."""

    object_ref: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    taken: int
    places: int


Counter = Callable[[Sequence[int], date, date], dict[int, Achieved]]
ShiftFinder = Callable[[int, int], list[ReservedShift]]
_COUNTERS: dict[str, Counter] = {}
_FINDERS: dict[str, ShiftFinder] = {}


def register_counter(name: str, counter: Counter) -> None:
    """Connect who counts service, once, when the house starts: (organisation ids, first day, last day)."""
    _COUNTERS[name] = counter


def register_shift_finder(name: str, finder: ShiftFinder) -> None:
    """Connect who knows shifts that are kept for an organisation: (organisation id, at most so many)."""
    _FINDERS[name] = finder


def achieved(organization_ids: Sequence[int], first: date, last: date) -> dict[int, Achieved]:
    """What was served from `first` to `last`, both included, for every id that was asked for."""
    found = dict.fromkeys(organization_ids, Achieved())
    if organization_ids and first <= last:
        for counter in _COUNTERS.values():
            found |= counter(organization_ids, first, last)
    return found


def reserved_shifts(organization_id: int, *, limit: int = RESERVED_SHIFTS_MAX) -> list[ReservedShift]:
    """Coming shifts kept for the organisation, the next first."""
    found = [shift for finder in _FINDERS.values() for shift in finder(organization_id, limit)]
    return sorted(found, key=lambda shift: shift.starts_at)[:limit]
