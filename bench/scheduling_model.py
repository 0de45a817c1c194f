"""The whole of a scheduling problem as one integer program, for solvers that are given all of it at once.

Columns: one for every pair; for every person one for each further shift, with its fairness; for every team pair and shared
shift one that says both serve. Holds for problems with one shift a day and ways no longer than the rest: then who may
serve what is a matter of intervals, and everything that overlaps at some moment is one row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.solver.problem import KEEP_BONUS, PRIORITY_WEIGHT, TEAM_BONUS, Ints, Problem


@dataclass
class Rows:
    """Rows of the form lower ≤ Σ entry × column ≤ upper."""

    row: list[Ints] = field(default_factory=list)
    column: list[Ints] = field(default_factory=list)
    entry: list[Ints] = field(default_factory=list)
    lower: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)

    def add(self, columns: Ints, entries: Ints, lower: int, upper: int) -> None:
        self.row.append(np.full(columns.size, len(self.lower)))
        self.column.append(columns)
        self.entry.append(entries)
        self.lower.append(lower)
        self.upper.append(upper)


@dataclass(frozen=True)
class Whole:
    """Maximise value · columns; all columns are 0 or 1."""

    value: Ints
    row: Ints
    column: Ints
    entry: Ints
    lower: Ints
    upper: Ints
    pairs: int


NEVER_LESS = -(10**6)


def whole_model(problem: Problem) -> Whole:
    rules = problem.rules
    assert rules.shifts_a_day_max == 1, "one shift a day"
    assert problem.travel_minutes.max(initial=0) <= rules.rest_minutes, "ways no longer than the rest"
    rows = Rows()
    pairs = problem.pair_line.size
    ones = np.ones(pairs, np.int64)
    for line in range(problem.line_demand.size):
        mine = np.flatnonzero(problem.pair_line == line)
        rows.add(mine, ones[: mine.size], NEVER_LESS, int(problem.line_demand[line]))
    value = PRIORITY_WEIGHT * problem.line_priority[problem.pair_line] + problem.pair_value
    value[problem.baseline] += KEEP_BONUS
    values: list[Ints] = [value]
    first = np.searchsorted(problem.pair_person, np.arange(problem.person_shifts_max.size + 1))
    columns = pairs
    for person in range(problem.person_shifts_max.size):
        mine = np.arange(first[person], first[person + 1])
        if mine.size:
            steps = _steps(problem, person, mine)
            _add_person(rows, problem, person, mine, columns, steps.size)
            values.append(steps)
            columns += steps.size
    for one, other in problem.team_pairs.tolist():
        for shared in _shared(problem, first, one, other):
            for side in shared:
                entries = np.append(-ones[: side.size], 1)
                rows.add(np.append(side, columns), entries, NEVER_LESS, 0)
            values.append(np.array([TEAM_BONUS]))
            columns += 1
    return Whole(
        np.concatenate(values),
        np.concatenate(rows.row),
        np.concatenate(rows.column),
        np.concatenate(rows.entry),
        np.array(rows.lower),
        np.array(rows.upper),
        pairs,
    )


def _steps(problem: Problem, person: int, mine: Ints) -> Ints:
    """What the person's first, second, … shift is worth, as many as they can have."""
    number = int(min(problem.person_shifts_max[person], mine.size))
    row = problem.fairness[person]
    return row[np.minimum(np.arange(number), row.size - 1)]


def _add_person(rows: Rows, problem: Problem, person: int, mine: Ints, columns: int, steps: int) -> None:
    ones = np.ones(mine.size, np.int64)
    shift = problem.line_shift[problem.pair_line[mine]]
    length = problem.shift_end[shift] - problem.shift_start[shift]
    for clique in _cliques(problem, shift):
        rows.add(mine[clique], ones[: clique.size], NEVER_LESS, 1)
    minutes = int(problem.person_minutes_max[person])
    if length.sum() > minutes:
        rows.add(mine, length, NEVER_LESS, minutes)
    counted = np.concatenate([mine, columns + np.arange(steps)])
    rows.add(counted, np.concatenate([ones, -np.ones(steps, np.int64)]), 0, 0)


def _cliques(problem: Problem, shift: Ints) -> list[Ints]:
    """Sets of a person's pairs of which one at most can be served, none inside another."""
    rules = problem.rules
    rest = np.where(problem.shift_is_hard[shift], rules.rest_after_hard_minutes, rules.rest_minutes)
    begins, free = problem.shift_start[shift], problem.shift_end[shift] + np.maximum(rest, rules.rest_minutes)
    day = problem.shift_day[shift]
    found: list[set[int]] = []
    for at in range(shift.size):
        busy = np.flatnonzero((begins <= begins[at]) & (free > begins[at]))
        same_day = np.flatnonzero(day == day[at])
        for clique in (set(busy.tolist()), set(same_day.tolist())):
            if len(clique) > 1 and not any(clique <= other for other in found):
                found = [other for other in found if not other <= clique]
                found.append(clique)
    return [np.array(sorted(clique)) for clique in found]


def _shared(problem: Problem, first: Ints, one: int, other: int) -> list[tuple[Ints, Ints]]:
    """For every shift that both could take: the pairs of the one and of the other."""
    sides = [np.arange(first[person], first[person + 1]) for person in (one, other)]
    shifts = [problem.line_shift[problem.pair_line[side]] for side in sides]
    both = np.intersect1d(*shifts)
    return [(sides[0][shifts[0] == shift], sides[1][shifts[1] == shift]) for shift in both]


def chosen_pairs(values: NDArray[np.float64], model: Whole) -> Ints:
    return np.flatnonzero(values[: model.pairs] > 0.5)
