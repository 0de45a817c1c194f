"""What a problem must be like before it is solved: shapes, orders, ranges, and locks that are possible together."""

from __future__ import annotations

from typing import Final

import numpy as np

from xinshi.scheduling.solver.problem import FAIRNESS_STEPS, STAGES, Ints, Problem

PEOPLE_MAX: Final = 200_000
LINES_MAX: Final = 100_000
PAIRS_MAX: Final = 20_000_000
MINUTES_MAX: Final = 100 * 24 * 60
"""No time of a problem lies further from its epoch."""
BONUS_MAX: Final = 1_000


class UnsoundProblem(ValueError):
    """The arrays contradict each other; the sentence says which and how. A fault of who made them, not of the plan."""


def require_sound(problem: Problem) -> None:
    """Raise UnsoundProblem unless every array has its shape, its order and its range."""
    _require_shapes(problem)
    _require_ranges(problem)
    _require_order(problem)
    for name in ("locks", "baseline"):
        indexes = getattr(problem, name)
        _require(np.unique(indexes).size == indexes.size, f"{name} names a pair twice")
        _require_within(indexes, problem.pair_line.size, name)
    limit = problem.changes_max
    _require(limit is None or limit >= 0, "changes_max is less than 0")
    locked = np.bincount(problem.pair_line[problem.locks], minlength=problem.line_demand.size)
    _require(bool((locked <= problem.line_demand).all()), "more locks than places at a line")


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as a sentence.
    if not holds:
        raise UnsoundProblem(otherwise)


def _require_within(indexes: Ints, size: int, name: str) -> None:
    _require(indexes.size == 0 or (indexes.min() >= 0 and indexes.max() < size), f"{name} points outside its table")


def _require_shapes(problem: Problem) -> None:
    shifts, lines, people, pairs = (
        array.size for array in (problem.shift_start, problem.line_shift, problem.person_shifts_max, problem.pair_line)
    )
    wanted: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(("shift_start", "shift_end", "shift_day", "shift_site", "shift_is_hard"), (shifts,)),
        **dict.fromkeys(("line_shift", "line_demand", "line_priority"), (lines,)),
        **dict.fromkeys(("person_minutes_max", "person_shifts_max"), (people,)),
        **dict.fromkeys(("pair_person", "pair_line", "pair_value"), (pairs,)),
        "fairness": (people, FAIRNESS_STEPS),
        "locks": (problem.locks.size,),
        "baseline": (problem.baseline.size,),
        "shift_ids": (shifts if problem.shift_ids.size else 0,),
        "person_ids": (people if problem.person_ids.size else 0,),
        "funnel": (lines if len(problem.funnel) else 0, len(STAGES) - 1),
        "team_pairs": (len(problem.team_pairs), 2),
        "travel_minutes": (len(problem.travel_minutes),) * 2,
    }
    for name, shape in wanted.items():
        array = getattr(problem, name)
        _require(array.shape == shape, f"{name} has the shape {array.shape} instead of {shape}")
        kind = np.bool_ if name == "shift_is_hard" else np.int64
        _require(array.dtype == kind, f"{name} holds {array.dtype} instead of {np.dtype(kind)}")
    _require(shifts <= LINES_MAX and lines <= LINES_MAX, f"more than {LINES_MAX} lines")
    _require(people <= PEOPLE_MAX, f"more than {PEOPLE_MAX} people")
    _require(pairs <= PAIRS_MAX, f"more than {PAIRS_MAX} possible pairs")


def _require_ranges(problem: Problem) -> None:
    _require_within(problem.line_shift, problem.shift_start.size, "line_shift")
    _require_within(problem.pair_person, problem.person_shifts_max.size, "pair_person")
    _require_within(problem.pair_line, problem.line_shift.size, "pair_line")
    _require_within(problem.shift_site, problem.travel_minutes.shape[0], "shift_site")
    _require_within(problem.team_pairs, problem.person_shifts_max.size, "team_pairs")
    ranges = {
        "line_demand": (0, 100_000),
        "line_priority": (1, 3),
        "pair_value": (0, 100),
        "person_minutes_max": (0, MINUTES_MAX),
        "person_shifts_max": (0, 1_000),
        "fairness": (-BONUS_MAX, BONUS_MAX),
        "shift_start": (-MINUTES_MAX, MINUTES_MAX),
        "shift_end": (-MINUTES_MAX, MINUTES_MAX),
        "travel_minutes": (0, MINUTES_MAX),
    }
    for name, (least, most) in ranges.items():
        array = getattr(problem, name)
        inside = array.size == 0 or (array.min() >= least and array.max() <= most)
        _require(bool(inside), f"{name} is not between {least} and {most}")
    rules = problem.rules
    _require(rules.shifts_a_day_max >= 1, "shifts_a_day_max is less than 1")
    gaps = (rules.rest_minutes, rules.rest_after_hard_minutes, rules.same_day_gap_minutes)
    _require(min(gaps) >= 0 and max(gaps) <= MINUTES_MAX, "a rest is negative or longer than the period")


def _require_order(problem: Problem) -> None:
    _require(bool((problem.shift_end > problem.shift_start).all()), "a shift ends before it begins")
    by_start = np.lexsort((problem.shift_day, problem.shift_start))
    _require(bool((np.diff(problem.shift_day[by_start]) >= 0).all()), "a later shift has an earlier day")
    _require(bool((np.diff(problem.fairness, axis=1) <= 0).all()), "fairness rises along a row")
    start = problem.shift_start[problem.line_shift[problem.pair_line]]
    order = np.lexsort((problem.pair_line, start, problem.pair_person))
    _require(bool((order == np.arange(order.size)).all()), "pairs are not sorted by person, start and line")
    person, line = problem.pair_person, problem.pair_line
    _require(not bool(((np.diff(person) == 0) & (np.diff(line) == 0)).any()), "a pair stands twice")
    ordered = np.sort(problem.team_pairs, axis=1) if problem.team_pairs.size else np.zeros((0, 2), np.int64)
    _require(bool((ordered[:, 0] != ordered[:, 1]).all()), "a team pair of one person")
    _require(np.unique(ordered, axis=0).shape == ordered.shape, "a team pair stands twice")
