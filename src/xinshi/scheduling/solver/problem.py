"""What the solver is asked: shifts with places, people with limits, and who could take which line, as frozen arrays.

Times are whole minutes since `epoch`, the first midnight of the period by the hospital's clock. Everything that depends on
one person and one line only (qualification on the day, age, insurance, reach, availability, conflicts with what they hold
outside the plan) was decided before: a pair that is not among `pair_*` is not possible. What depends on several shifts of
one person (rest, travel, limits) is the solver's to keep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

STAGES: Final = ("qualified", "certified", "reachable", "available", "within_hours", "free")
"""The funnel: of all people, how many are left after each question, asked in this order (`free` is known with a plan)."""
PRIORITY_WEIGHT: Final = 1_000
"""What filling one place of priority 1 is worth; a pair's value is 0 to 100."""
FAIRNESS_STEPS: Final = 4
TEAM_BONUS: Final = 40
KEEP_BONUS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules that hold for several shifts of one person, the same for all; minutes."""

    rest_minutes: int = 11 * 60
    """Between shifts of different days."""
    rest_after_hard_minutes: int = 24 * 60
    """After a shift that is hard on people (`shift_is_hard`): time to recover."""
    shifts_a_day_max: int = 1
    same_day_gap_minutes: int = 0
    """Between two shifts of one day, beside what the way takes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """One question to the solver. S shifts, L lines (places for one role at one shift), P people, E possible pairs.

    `pair_*` are sorted by person, then by the start of the line's shift, then by line. `locks` are indexes of pairs that
    must be in the plan: what was accepted or has begun. `baseline` are pairs of the plan that stands: each is worth
    KEEP_BONUS more. `changes_max`: so many of them may be missing at most, None for any number; with such a limit they and
    the locks must be possible together.
    """

    name: str
    shift_start: Ints
    shift_end: Ints
    shift_day: Ints
    shift_site: Ints
    shift_is_hard: NDArray[np.bool_]
    line_shift: Ints
    line_demand: Ints
    line_priority: Ints
    """1 to 3."""
    person_minutes_max: Ints
    """How many minutes the person takes in this period at most, what they hold outside the plan deducted."""
    person_shifts_max: Ints
    fairness: Ints
    """[P, FAIRNESS_STEPS]: what the person's first, second, … shift is worth; falling along each row, the last goes on."""
    pair_person: Ints
    pair_line: Ints
    pair_value: Ints
    """0 to 100: skill, interest, profession, nearness, the wished-for hour."""
    team_pairs: Ints
    """[T, 2] people who want to serve together; each shared shift is worth TEAM_BONUS."""
    travel_minutes: Ints
    """[sites, sites] between sites; kept between two shifts of one person."""
    rules: Rules = field(default_factory=Rules)
    locks: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    baseline: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    changes_max: int | None = None
    shift_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """Keys of the house behind the lines' shifts and the people; empty for invented instances."""
    person_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    funnel: Ints = field(default_factory=lambda: np.zeros((0, 5), np.int64))
    """[L, 5]: how many people are left after each of the first five STAGES."""
    epoch: str = ""
    """The day (ISO 8601) whose midnight is minute 0; empty for invented instances."""
