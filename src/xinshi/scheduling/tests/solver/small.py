"""Problems small enough to know the best plan by trying them all, drawn at random or written by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from xinshi.scheduling.solver.checker import breaches, worth_of
from xinshi.scheduling.solver.problem import Problem, Rules

HOUR = 60
DAY = 24 * HOUR
MORNING, NOON = 8 * HOUR, 13 * HOUR


def ints(values: object) -> np.ndarray:
    return np.array(values, np.int64)


def problem(
    shifts: list[tuple[int, int, int, bool]],
    lines: list[tuple[int, int, int]],
    people: list[tuple[int, int]],
    pairs: list[tuple[int, int, int]],
    *,
    fairness: list[list[int]] | None = None,
    teams: list[tuple[int, int]] | None = None,
    travel: list[list[int]] | None = None,
    rules: Rules | None = None,
    locks: list[tuple[int, int]] = (),
    baseline: list[tuple[int, int]] = (),
) -> Problem:
    """Shifts (start, minutes, site, is hard), lines (shift, places, priority), people (minutes, shifts at most), pairs
    (person, line, value); locks and baseline as (person, line)."""
    starts = [shift[0] for shift in shifts]
    ordered = sorted(pairs, key=lambda pair: (pair[0], starts[lines[pair[1]][0]], pair[1]))
    index = {(person, line): at for at, (person, line, _) in enumerate(ordered)}
    return Problem(
        name="small",
        shift_start=ints(starts),
        shift_end=ints([start + length for start, length, _, _ in shifts]),
        shift_day=ints([start // DAY for start in starts]),
        shift_site=ints([shift[2] for shift in shifts]),
        shift_is_hard=np.array([shift[3] for shift in shifts], np.bool_),
        line_shift=ints([line[0] for line in lines]),
        line_demand=ints([line[1] for line in lines]),
        line_priority=ints([line[2] for line in lines]),
        person_minutes_max=ints([person[0] for person in people]),
        person_shifts_max=ints([person[1] for person in people]),
        fairness=ints(fairness or [[10, 5, 0, -5]] * len(people)).reshape(-1, 4),
        pair_person=ints([pair[0] for pair in ordered]),
        pair_line=ints([pair[1] for pair in ordered]),
        pair_value=ints([pair[2] for pair in ordered]),
        team_pairs=ints(teams or []).reshape(-1, 2),
        travel_minutes=ints(travel or [[0, 30], [30, 0]]),
        rules=rules or Rules(),
        locks=ints(sorted(index[pair] for pair in locks)),
        baseline=ints(sorted(index[pair] for pair in baseline)),
    )


def two_shifts(first: tuple[int, int, int, bool], second: tuple[int, int, int, bool], **changes: object) -> Problem:
    """One person who could serve both."""
    given = {"people": [(40 * HOUR, 7)], "pairs": [(0, 0, 5), (0, 1, 5)]} | changes
    return problem([first, second], [(0, 1, 1), (1, 1, 1)], **given)


TWO_A_DAY = Rules(shifts_a_day_max=2, same_day_gap_minutes=30)
BROKEN = {
    "rest": two_shifts((20 * HOUR, 3 * HOUR, 0, False), (DAY + 9 * HOUR, HOUR, 0, False)),
    "day": two_shifts((MORNING, HOUR, 0, False), (NOON, HOUR, 0, False)),
    "overlap": two_shifts((MORNING, 3 * HOUR, 0, False), (10 * HOUR, HOUR, 0, False), rules=TWO_A_DAY),
    "travel": two_shifts((MORNING, HOUR, 0, False), (9 * HOUR + 59, HOUR, 1, False), rules=TWO_A_DAY),
    "recovery": two_shifts((MORNING, 10 * HOUR, 0, True), (DAY + 17 * HOUR, HOUR, 0, False)),
    "shifts": two_shifts((MORNING, HOUR, 0, False), (DAY + MORNING, HOUR, 0, False), people=[(40 * HOUR, 1)]),
    "minutes": two_shifts((MORNING, HOUR, 0, False), (DAY + MORNING, HOUR, 0, False), people=[(2 * HOUR - 1, 7)]),
}
"""For each rule a problem whose only person would break it by serving both shifts."""


def _quarter(number: int) -> int:
    """Some hour of a period of three days."""
    return number * 6 * HOUR + HOUR


def _hours(number: int) -> int:
    return number * HOUR


@st.composite
def problems(draw: st.DrawFn, *, pairs_max: int = 11) -> Problem:
    """Up to five people and six lines, any rules, with locks and a baseline that a feasible plan has."""
    whole = st.integers
    shifts = draw(
        st.lists(
            st.tuples(
                whole(0, 11).map(lambda quarter: quarter * 6 * HOUR + 60),
                whole(2, 9).map(lambda h: h * HOUR),
                whole(0, 1),
                st.booleans(),
            ),
            min_size=1,
            max_size=5,
        )
    )
    lines = draw(st.lists(st.tuples(whole(0, len(shifts) - 1), whole(0, 2), whole(1, 3)), min_size=1, max_size=6))
    people = draw(st.lists(st.tuples(whole(2, 20).map(_hours), whole(0, 3)), min_size=1, max_size=5))
    possible = [(person, line) for person in range(len(people)) for line in range(len(lines))]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True, max_size=pairs_max))
    pairs = [(person, line, draw(whole(0, 100))) for person, line in chosen]
    steps = [sorted(draw(st.lists(whole(-20, 30), min_size=4, max_size=4)), reverse=True) for _ in people]
    both = list(combinations(range(len(people)), 2))
    teams = draw(st.lists(st.sampled_from(both), unique=True, max_size=3)) if both else []
    rules = Rules(
        rest_minutes=draw(st.sampled_from([0, 8 * HOUR, 11 * HOUR])),
        rest_after_hard_minutes=draw(st.sampled_from([0, 24 * HOUR])),
        shifts_a_day_max=draw(whole(1, 3)),
        same_day_gap_minutes=draw(st.sampled_from([0, 30, 240])),
    )
    travel = draw(st.sampled_from([[[0, 0], [0, 0]], [[0, 45], [90, 0]], [[0, 900], [900, 0]]]))
    drawn = problem(shifts, lines, people, pairs, fairness=steps, teams=teams, travel=travel, rules=rules)
    feasible = [tuple(sorted(plan)) for plan in every_plan(drawn) if len(plan) <= 3]
    kept = draw(st.sampled_from(feasible))
    stood = draw(st.sampled_from(feasible))
    named = [(int(drawn.pair_person[at]), int(drawn.pair_line[at])) for at in range(len(drawn.pair_line))]
    return problem(
        shifts,
        lines,
        people,
        pairs,
        fairness=steps,
        teams=teams,
        travel=travel,
        rules=rules,
        locks=[named[at] for at in kept],
        baseline=[named[at] for at in stood],
    )


@st.composite
def limited(draw: st.DrawFn) -> Problem:
    """As `problems`, with a limit on how much of a feasible plan, which has all locks, may change."""
    drawn = draw(problems())
    stood = draw(st.sampled_from([plan for plan in every_plan(drawn) if len(plan) <= 5]))
    return replace(drawn, baseline=ints(sorted(stood)), changes_max=draw(st.integers(0, len(stood) + 1)))


def every_plan(asked: Problem) -> list[tuple[int, ...]]:
    """All plans that the checker passes: of what each person could do alone, every combination that it passes."""
    alone = replace(asked, locks=ints([]), changes_max=None)
    plans: list[tuple[int, ...]] = [()]
    for person in range(len(asked.person_shifts_max)):
        mine = np.flatnonzero(asked.pair_person == person).tolist()
        subsets = [subset for number in range(len(mine) + 1) for subset in combinations(mine, number)]
        possible = [subset for subset in subsets if not breaches(alone, ints(subset))]
        plans = [(*plan, *more) for plan in plans for more in possible]
    return [plan for plan in plans if not breaches(asked, ints(plan))]


def best_worth(asked: Problem) -> int:
    return max(worth_of(asked, ints(plan)).total for plan in every_plan(asked))


def best_coverage(asked: Problem) -> int:
    return max(worth_of(asked, ints(plan)).coverage // 1_000 for plan in every_plan(asked))
