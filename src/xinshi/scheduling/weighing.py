"""A plan as it stands, weighed pair by pair: what may be added, what it would change, where somebody would go else. Pure.

Everything is read from the problem that was asked, so a plan is weighed by the facts by which it was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from xinshi.scheduling.solver.answer import Worth
from xinshi.scheduling.solver.checker import worth_of
from xinshi.scheduling.solver.problem import PRIORITY_WEIGHT, Problem


@dataclass(frozen=True, slots=True)
class Second:
    """Where somebody would go else: a pair, and what the plan would lose by it (never less than 0 where it is best)."""

    pair: int
    loss: int


class Standing:
    """A set of pairs of a problem, and what follows from it."""

    def __init__(self, problem: Problem, chosen: Iterable[int]) -> None:
        self.problem = problem
        self.chosen: set[int] = set()
        self.by_person: dict[int, set[int]] = defaultdict(set)
        self.filled = np.zeros(len(problem.line_demand), np.int64)
        for pair in chosen:
            self.put_in(pair)
        self._first = np.searchsorted(problem.pair_person, np.arange(len(problem.person_ids) + 1))
        """Where each person's pairs begin."""

    @property
    def worth(self) -> Worth:
        return worth_of(self.problem, np.array(sorted(self.chosen), np.int64))

    def pairs_of_person(self, person: int) -> range:
        return range(int(self._first[person]), int(self._first[person + 1]))

    def empty(self, line: int) -> int:
        return int(self.problem.line_demand[line] - self.filled[line])

    def obstacle(self, pair: int, *, without: Sequence[int] = ()) -> str:
        """The rule that stands against adding a pair once `without` are taken out; empty where none does.

        Of places nothing is said here: see `empty`.
        """
        problem = self.problem
        shift = int(problem.line_shift[problem.pair_line[pair]])
        others = [
            int(problem.line_shift[problem.pair_line[one]])
            for one in self.by_person.get(int(problem.pair_person[pair]), ())
            if one not in without and one != pair
        ]
        return _limit_broken(problem, int(problem.pair_person[pair]), shift, others) or next(
            (rule for other in others if (rule := _rule_between(problem, shift, other))), ""
        )

    def put_in(self, pair: int) -> None:
        """Take a pair into this plan."""
        self.chosen.add(pair)
        self.by_person[int(self.problem.pair_person[pair])].add(pair)
        self.filled[self.problem.pair_line[pair]] += 1

    def after(self, *, out: Sequence[int] = (), into: Sequence[int] = ()) -> Standing:
        """The same plan with some pairs taken out and others put in."""
        return Standing(self.problem, (self.chosen - set(out)) | set(into))

    def second(self, pair: int) -> Second | None:
        """The other place, empty in this plan, where the person of a chosen pair would go next best; None for nowhere."""
        problem, person = self.problem, int(self.problem.pair_person[pair])
        best: tuple[int, int] | None = None
        for other in self.pairs_of_person(person):
            if other in self.chosen or self.empty(int(problem.pair_line[other])) < 1:
                continue
            worth = self.weight(other)
            if (best is None or worth > best[0]) and not self.obstacle(other, without=(pair,)):
                best = (worth, other)
        return None if best is None else Second(pair=best[1], loss=self.weight(pair) - best[0])

    def weight(self, pair: int) -> int:
        """What a pair gives for coverage and match."""
        priority = int(self.problem.line_priority[self.problem.pair_line[pair]])
        return PRIORITY_WEIGHT * priority + int(self.problem.pair_value[pair])

    def idle_for(self, line: int) -> list[int]:
        """The pairs of a line that could be added at once, the best match first."""
        problem = self.problem
        pairs = np.flatnonzero(problem.pair_line == line)
        people = problem.pair_person[pairs]
        shift = problem.line_shift[line]
        length = problem.shift_end[shift] - problem.shift_start[shift]
        is_busy = np.isin(people, [person for person, mine in self.by_person.items() if mine])
        may = (problem.person_shifts_max[people] >= 1) & (problem.person_minutes_max[people] >= length)
        found = pairs[~is_busy & may].tolist()
        busy = pairs[is_busy].tolist()
        found += [pair for pair in busy if pair not in self.chosen and not self.obstacle(pair)]
        return sorted(found, key=lambda pair: (-int(problem.pair_value[pair]), pair))

    def fairness_by_pair(self) -> dict[int, int]:
        """What each chosen pair adds for fairness: a person's shifts by time, the first with the first step."""
        steps, starts = self.problem.fairness, self.problem.shift_start[self.problem.line_shift]
        found = {}
        for person, pairs in self.by_person.items():
            ordered = sorted(pairs, key=lambda pair: (int(starts[self.problem.pair_line[pair]]), pair))
            for place, pair in enumerate(ordered):
                found[pair] = int(steps[person, min(place, steps.shape[1] - 1)])
        return found


def _limit_broken(problem: Problem, person: int, shift: int, others: Sequence[int]) -> str:
    minutes = sum(int(problem.shift_end[one] - problem.shift_start[one]) for one in (shift, *others))
    if len(others) + 1 > problem.person_shifts_max[person]:
        return "shifts"
    if minutes > problem.person_minutes_max[person]:
        return "minutes"
    same_day = sum(problem.shift_day[one] == problem.shift_day[shift] for one in others)
    return "day" if same_day + 1 > problem.rules.shifts_a_day_max else ""


def _rule_between(problem: Problem, one: int, other: int) -> str:
    """The rule that two shifts of one person break; empty for none."""
    first, second = (one, other) if problem.shift_start[one] <= problem.shift_start[other] else (other, one)
    rules = problem.rules
    pause = int(problem.shift_start[second] - problem.shift_end[first])
    same_day = bool(problem.shift_day[first] == problem.shift_day[second])
    way = int(problem.travel_minutes[problem.shift_site[first], problem.shift_site[second]])
    if pause < 0:
        return "overlap"
    if pause < way + (rules.same_day_gap_minutes if same_day else 0):
        return "travel"
    if not same_day and pause < rules.rest_minutes:
        return "rest"
    return "recovery" if problem.shift_is_hard[first] and pause < rules.rest_after_hard_minutes else ""
