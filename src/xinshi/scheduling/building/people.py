"""What decides about people, laid out as arrays: one row a person, in the order of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xinshi.activities.eligibility import Candidate
from xinshi.archive.availability import WEEKLY_MAX, AvailabilityException
from xinshi.scheduling.solver.problem import Ints

Bools = NDArray[np.bool_]
NEVER: Final = 0
"""Before every day: the last day of a qualification that somebody does not have."""
NO_BOUND: Final = 10**6
"""More minutes, or shifts, than a period has."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """[P] arrays; days are ordinals of the calendar, 0 where a birthday is not known."""

    candidates: Sequence[Candidate]
    birth_year: Ints
    birth_month_day: Ints
    """Month × 100 + day."""
    group: NDArray[np.str_]
    may_serve: Bools
    """A guardian agrees where one is needed."""
    may_lift: Bools
    takes_nights: Bools
    minutes_a_week_max: Ints
    shifts_a_week_max: Ints
    shifts_a_day_max: Ints
    weekly: Ints
    """The stored number; WEEKLY_MAX where nothing was said."""
    said_weekly: Bools
    exceptions: Sequence[tuple[int, tuple[AvailabilityException, ...]]]
    """(row, what they said) of who said some."""

    @property
    def number(self) -> int:
        return len(self.candidates)

    def last_days(self, code: str) -> Ints:
        """[P]: until when each has this qualification; NEVER for who has it not."""
        return np.array(
            [
                facts.qualifications[code].toordinal() if code in facts.qualifications else NEVER
                for facts in self._facts
            ],
            np.int64,
        )

    def belongs(self, organization_id: int | None) -> Bools:
        return np.array([organization_id in one.memberships for one in self.candidates], bool)

    def reaches(self, site: str) -> tuple[Bools, Bools]:
        """[P] who did not say that they cannot come to this site, and who said that they can."""
        said = [facts.can_reach(site) for facts in self._facts]
        return np.array([one is not False for one in said], bool), np.array([one is True for one in said], bool)

    @property
    def _facts(self) -> list:  # type: ignore[type-arg]
        return [one.facts for one in self.candidates]


def laid_out(candidates: Sequence[Candidate]) -> People:
    """The same people as arrays."""
    facts = [one.facts for one in candidates]
    limits = [one.limits for one in facts]
    born = [one.birth_date for one in facts]
    return People(
        candidates=candidates,
        birth_year=np.array([day.year if day else 0 for day in born], np.int64),
        birth_month_day=np.array([_month_day(day) if day else 0 for day in born], np.int64),
        group=np.array([one.group for one in facts], str),
        may_serve=np.array([not one.needs_guardian or one.has_guardians_consent for one in candidates], bool),
        may_lift=np.array([one.may_lift for one in limits], bool),
        takes_nights=np.array([one.takes_nights for one in limits], bool),
        minutes_a_week_max=_bounds([one.minutes_a_week_max for one in limits]),
        shifts_a_week_max=_bounds([one.shifts_a_week_max for one in limits]),
        shifts_a_day_max=_bounds([one.shifts_a_day_max for one in limits]),
        weekly=np.array(
            [WEEKLY_MAX if one.availability.weekly is None else one.availability.weekly for one in facts], np.int64
        ),
        said_weekly=np.array([one.availability.weekly is not None for one in facts], bool),
        exceptions=[(row, one.availability.exceptions) for row, one in enumerate(facts) if one.availability.exceptions],
    )


def _month_day(day: date) -> int:
    return day.month * 100 + day.day


def _bounds(values: Sequence[int | None]) -> Ints:
    return np.array([NO_BOUND if value is None else value for value in values], np.int64)
