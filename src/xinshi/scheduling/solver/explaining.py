"""Explanations: why somebody has a shift, why a place is empty, and whom to look for. Plain loops over one person or line.

It reads a problem and a plan and uses the checker's reading of the rules, so a page can show it without the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.checker import broken_between, changes_in
from xinshi.scheduling.solver.problem import FAIRNESS_STEPS, KEEP_BONUS, PRIORITY_WEIGHT, STAGES, TEAM_BONUS, Problem

BUSY_SHOWN_MAX: Final = 20
CANDIDATES_MAX: Final = 200
FORCED: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What one assignment gives, part by part, and what its person would do otherwise.

    `otherwise` are the pairs of the person's next-best plan without it, all other people staying where they are;
    `costs` is what that plan gives less than theirs now. A lock leaves no choice: then both are None.
    """

    pair: int
    coverage: int
    match: int
    fairness: int
    """What the person's last step of fairness gives: the step that falls away with one shift less."""
    teams: int
    kept: int
    otherwise: tuple[int, ...] | None
    costs: int | None

    @property
    def total(self) -> int:
        return self.coverage + self.match + self.fairness + self.teams + self.kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Somebody who could take the place but for what they have; `leaves` are the lines that would lose them."""

    person: int
    pair: int
    leaves: tuple[int, ...]
    costs: int
    """What the whole plan would lose; negative where it would win."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPlace:
    """Why `missing` places of a line stay empty. `funnel`: those of STAGES that are known, with how many are left."""

    line: int
    missing: int
    funnel: tuple[tuple[str, int], ...]
    free: tuple[int, ...]
    """People who could take it as things are."""
    busy: tuple[Busy, ...]
    """The others who may, the least loss first, BUSY_SHOWN_MAX at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Where one more suitable person would help most; `price` as in `Plan.line_prices`."""

    line: int
    missing: int
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How much of what stood is changed, and what a limit on that costs; `price` as `Plan.change_price`."""

    stood: int
    made: int
    allowed: int | None
    price: float


def changes(problem: Problem, plan: Plan) -> Changes:
    """What the plan changes of what stood before, and what one more change would be worth at most."""
    made = changes_in(problem, plan.chosen)
    return Changes(stood=problem.baseline.size, made=made, allowed=problem.changes_max, price=plan.change_price)


def assignment(problem: Problem, plan: Plan, pair: int) -> Assignment:
    """Why the plan has this pair. Raises KeyError where it has not."""
    if pair not in plan.chosen:
        raise KeyError(pair)
    person, line = int(problem.pair_person[pair]), int(problem.pair_line[pair])
    mine = _pairs_of(problem, plan, person)
    steps = problem.fairness[person]
    parts = _Parts(problem, plan, person)
    now = parts.value(mine)
    otherwise: tuple[int, ...] | None = None
    if pair not in problem.locks:
        candidates = [other for other in _possible(problem, plan, person) if other != pair]
        otherwise = _best_plan(problem, person, candidates, parts, due=set(problem.locks.tolist()))
    return Assignment(
        pair=pair,
        coverage=PRIORITY_WEIGHT * int(problem.line_priority[line]),
        match=int(problem.pair_value[pair]),
        fairness=int(steps[min(len(mine), FAIRNESS_STEPS) - 1]),
        teams=parts.teams(pair),
        kept=parts.kept(pair),
        otherwise=otherwise,
        costs=None if otherwise is None else now - parts.value(otherwise),
    )


def empty_place(problem: Problem, plan: Plan, line: int) -> EmptyPlace:
    """Why places of this line stay empty, whom one could move, and what that would leave empty."""
    filled = int((problem.pair_line[plan.chosen] == line).sum())
    has_it = set(problem.pair_person[plan.chosen[problem.pair_line[plan.chosen] == line]].tolist())
    due = set(problem.locks.tolist())
    free: list[int] = []
    busy: list[Busy] = []
    for pair in np.flatnonzero(problem.pair_line == line).tolist():
        person = int(problem.pair_person[pair])
        if person in has_it:
            continue
        mine, parts = _pairs_of(problem, plan, person), _Parts(problem, plan, person)
        found = _best_plan(problem, person, [*mine, pair], parts, due=due | {pair})
        if pair not in found or not due.intersection(mine) <= set(found):
            continue
        leaves = [other for other in mine if other not in found]
        if leaves:
            lines = tuple(int(problem.pair_line[other]) for other in leaves)
            busy.append(Busy(person=person, pair=pair, leaves=lines, costs=parts.value(mine) - parts.value(found)))
        else:
            free.append(person)
    busy.sort(key=lambda one: (one.costs, one.person))
    known = problem.funnel[line].tolist() if len(problem.funnel) else []
    funnel = [*zip(STAGES, known, strict=False), (STAGES[-1], len(free))]
    return EmptyPlace(
        line=line,
        missing=int(problem.line_demand[line]) - filled,
        funnel=tuple((stage, int(left)) for stage, left in funnel),
        free=tuple(free),
        busy=tuple(busy[:BUSY_SHOWN_MAX]),
    )


def needs(problem: Problem, plan: Plan, *, most: int = 20) -> tuple[Need, ...]:
    """The lines with empty places where one more suitable person would be worth most: whom to recruit, and for when."""
    filled = np.bincount(problem.pair_line[plan.chosen], minlength=problem.line_demand.size)
    missing = problem.line_demand - filled
    order = np.lexsort((np.arange(missing.size), -missing, -plan.line_prices))
    found = [int(line) for line in order if missing[line] > 0][:most]
    return tuple(Need(line=line, missing=int(missing[line]), price=float(plan.line_prices[line])) for line in found)


class _Parts:
    """What pairs give one person while everybody else stays where they are."""

    def __init__(self, problem: Problem, plan: Plan, person: int) -> None:
        self._problem, self._steps = problem, problem.fairness[person].tolist()
        mates = [
            int(other if one == person else one)
            for one, other in problem.team_pairs
            if person in (int(one), int(other))
        ]
        self._mates_at = [
            set(problem.line_shift[problem.pair_line[_pairs_of(problem, plan, mate)]].tolist()) for mate in mates
        ]
        self._baseline = set(problem.baseline.tolist())

    def teams(self, pair: int) -> int:
        shift = int(self._problem.line_shift[self._problem.pair_line[pair]])
        return TEAM_BONUS * sum(shift in shifts for shifts in self._mates_at)

    def kept(self, pair: int) -> int:
        return KEEP_BONUS if pair in self._baseline else 0

    def of_pair(self, pair: int) -> int:
        """Everything but fairness."""
        problem = self._problem
        urgency = PRIORITY_WEIGHT * int(problem.line_priority[problem.pair_line[pair]])
        return urgency + int(problem.pair_value[pair]) + self.teams(pair) + self.kept(pair)

    def step(self, number: int) -> int:
        """What the person's shift of this number, from 1, gives for fairness."""
        return int(self._steps[min(number, FAIRNESS_STEPS) - 1])

    def value(self, pairs: list[int] | tuple[int, ...]) -> int:
        return sum(self.of_pair(pair) + self.step(number) for number, pair in enumerate(pairs, start=1))


def _pairs_of(problem: Problem, plan: Plan, person: int) -> list[int]:
    """The person's pairs in the plan, by start; they stand in that order in the problem."""
    return [int(pair) for pair in plan.chosen[problem.pair_person[plan.chosen] == person]]


def _possible(problem: Problem, plan: Plan, person: int) -> list[int]:
    """The person's own pairs, and those of lines that have a place left; CANDIDATES_MAX at most, the best matches."""
    left = problem.line_demand - np.bincount(problem.pair_line[plan.chosen], minlength=problem.line_demand.size)
    mine = np.flatnonzero(problem.pair_person == person)
    own = np.isin(mine, plan.chosen)
    found = mine[own | (left[problem.pair_line[mine]] > 0)]
    if found.size > CANDIDATES_MAX:
        rank = np.lexsort((-problem.pair_value[found], ~np.isin(found, plan.chosen)))
        found = np.sort(found[rank[:CANDIDATES_MAX]])
    return [int(pair) for pair in found]


@dataclass(frozen=True, slots=True)
class _Step:
    """A plan that ends with `pair`."""

    pair: int
    count: int
    on_day: int
    minutes: int
    value: int
    before: _Step | None

    def is_needless_beside(self, other: _Step) -> bool:
        less = other.count <= self.count and other.on_day <= self.on_day and other.minutes <= self.minutes
        return less and other.value >= self.value


def _best_plan(
    problem: Problem, person: int, candidates: list[int], parts: _Parts, *, due: set[int]
) -> tuple[int, ...]:
    """The best plan of one person among these pairs; those that are `due` before all others."""
    reached: list[tuple[int, list[_Step]]] = []
    best: _Step | None = None
    for pair in sorted(candidates):
        gives = parts.of_pair(pair) + (FORCED if pair in due else 0)
        steps: list[_Step] = []
        for step in _ways_to(problem, person, pair, gives, parts, reached):
            if not any(step.is_needless_beside(other) for other in steps):
                steps = [other for other in steps if not other.is_needless_beside(step)]
                steps.append(step)
        reached.append((pair, steps))
        best = max([*steps, *([best] if best else [])], key=lambda step: step.value, default=None)
    found: list[int] = []
    while best is not None and (best.value > 0 or found):
        found.append(best.pair)
        best = best.before
    return tuple(reversed(found))


def _ways_to(
    problem: Problem, person: int, pair: int, gives: int, parts: _Parts, reached: list[tuple[int, list[_Step]]]
) -> list[_Step]:
    """Every plan that ends with this pair and begins with one that was reached."""
    shift = int(problem.line_shift[problem.pair_line[pair]])
    length = int(problem.shift_end[shift] - problem.shift_start[shift])
    ways = [_Step(pair, 1, 1, length, gives + parts.step(1), None)]
    for other, steps in reached:
        earlier = int(problem.line_shift[problem.pair_line[other]])
        if any(broken_between(problem, earlier, shift)):
            continue
        same_day = problem.shift_day[earlier] == problem.shift_day[shift]
        for step in steps:
            number, on_day = step.count + 1, step.on_day + 1 if same_day else 1
            ways.append(
                _Step(pair, number, on_day, step.minutes + length, step.value + gives + parts.step(number), step)
            )
    return [
        way
        for way in ways
        if way.count <= problem.person_shifts_max[person]
        and way.minutes <= problem.person_minutes_max[person]
        and way.on_day <= problem.rules.shifts_a_day_max
    ]
