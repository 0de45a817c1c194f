"""The checker: whether a plan keeps every rule, and what it is worth. Slow, plain, and without a line of the solver's.

It reads the rules from the problem as a person would: for each person the shifts in order of time, one after another. It
shares nothing with the search, so that an error there cannot hide here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from xinshi.scheduling.solver.answer import Worth
from xinshi.scheduling.solver.problem import FAIRNESS_STEPS, KEEP_BONUS, PRIORITY_WEIGHT, TEAM_BONUS, Ints, Problem


class BrokenRule(Exception):
    """A plan that the checker refuses; `rules` names what is broken, the sentence where."""

    def __init__(self, found: list[Breach]) -> None:
        self.rules = sorted({breach.rule for breach in found})
        super().__init__("; ".join(f"{breach.rule}: {breach.where}" for breach in found[:20]))


@dataclass(frozen=True, slots=True)
class Breach:
    rule: str
    where: str


def check(problem: Problem, chosen: Ints) -> Worth:
    """What the plan is worth. Raises BrokenRule where it breaks any rule."""
    if found := breaches(problem, chosen):
        raise BrokenRule(found)
    return worth_of(problem, chosen)


def breaches(problem: Problem, chosen: Ints) -> list[Breach]:
    """Everything that is wrong with a plan."""
    pairs = [int(index) for index in chosen]
    if len(set(pairs)) != len(pairs) or any(not 0 <= pair < len(problem.pair_line) for pair in pairs):
        return [Breach("pairs", "a pair stands twice or does not exist")]
    found = [*_of_lines(problem, pairs), *_of_locks(problem, pairs), *_of_changes(problem, pairs)]
    for person, shifts in sorted(_by_person(problem, pairs).items()):
        found += _of_person(problem, person, shifts)
    return found


def _by_person(problem: Problem, pairs: list[int]) -> dict[int, list[int]]:
    """Each person's shifts, by start."""
    shifts: dict[int, list[int]] = defaultdict(list)
    for pair in pairs:
        shifts[int(problem.pair_person[pair])].append(int(problem.line_shift[problem.pair_line[pair]]))
    return {person: sorted(mine, key=lambda shift: int(problem.shift_start[shift])) for person, mine in shifts.items()}


def _of_lines(problem: Problem, pairs: list[int]) -> Iterator[Breach]:
    filled = Counter(int(problem.pair_line[pair]) for pair in pairs)
    for line, number in sorted(filled.items()):
        if number > problem.line_demand[line]:
            yield Breach("places", f"line {line} has {number} of {problem.line_demand[line]}")


def _of_locks(problem: Problem, pairs: list[int]) -> Iterator[Breach]:
    for missing in sorted({int(pair) for pair in problem.locks} - set(pairs)):
        yield Breach("locks", f"pair {missing} is not in the plan")


def changes_in(problem: Problem, pairs: Iterable[int]) -> int:
    """How many assignments that stood before are not among these."""
    return len({int(pair) for pair in problem.baseline} - {int(pair) for pair in pairs})


def _of_changes(problem: Problem, pairs: list[int]) -> Iterator[Breach]:
    number = changes_in(problem, pairs)
    if problem.changes_max is not None and number > problem.changes_max:
        yield Breach("changes", f"{number} of what stood are changed, {problem.changes_max} may be")


def _of_person(problem: Problem, person: int, shifts: list[int]) -> Iterator[Breach]:
    if len(shifts) > problem.person_shifts_max[person]:
        yield Breach("shifts", f"person {person} has {len(shifts)}")
    minutes = sum(int(problem.shift_end[shift] - problem.shift_start[shift]) for shift in shifts)
    if minutes > problem.person_minutes_max[person]:
        yield Breach("minutes", f"person {person} has {minutes}")
    for day, number in Counter(int(problem.shift_day[shift]) for shift in shifts).items():
        if number > problem.rules.shifts_a_day_max:
            yield Breach("day", f"person {person} has {number} on day {day}")
    for earlier, later in pairwise(shifts):
        for rule in broken_between(problem, earlier, later):
            yield Breach(rule, f"person {person} goes from shift {earlier} to shift {later}")


def broken_between(problem: Problem, earlier: int, later: int) -> Iterator[str]:
    """Rules that a person breaks who serves these two shifts one after the other."""
    rules = problem.rules
    pause = int(problem.shift_start[later]) - int(problem.shift_end[earlier])
    way = int(problem.travel_minutes[problem.shift_site[earlier], problem.shift_site[later]])
    same_day = problem.shift_day[earlier] == problem.shift_day[later]
    if pause < 0:
        yield "overlap"
    if pause < way + (rules.same_day_gap_minutes if same_day else 0):
        yield "travel"
    if not same_day and pause < rules.rest_minutes:
        yield "rest"
    if problem.shift_is_hard[earlier] and pause < rules.rest_after_hard_minutes:
        yield "recovery"


def worth_of(problem: Problem, chosen: Ints) -> Worth:
    """What a plan gives, part by part."""
    pairs = [int(index) for index in chosen]
    by_person = _by_person(problem, pairs)
    fairness = 0
    for person, shifts in by_person.items():
        steps = [int(step) for step in problem.fairness[person]]
        fairness += sum(steps[min(number, FAIRNESS_STEPS - 1)] for number in range(len(shifts)))
    together = sum(
        len(set(by_person.get(int(one), [])) & set(by_person.get(int(other), []))) for one, other in problem.team_pairs
    )
    return Worth(
        coverage=PRIORITY_WEIGHT * sum(int(problem.line_priority[problem.pair_line[pair]]) for pair in pairs),
        match=sum(int(problem.pair_value[pair]) for pair in pairs),
        fairness=fairness,
        teams=TEAM_BONUS * together,
        kept=KEEP_BONUS * len(set(pairs) & {int(pair) for pair in problem.baseline}),
    )
