"""Explanations add up, name what would happen otherwise, and say whom to look for; a refill disturbs nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xinshi.scheduling.solver import explaining, instances, plan, refill
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.checker import breaches, worth_of
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.tests.solver.small import DAY, HOUR, ints, problem

pytestmark = pytest.mark.any_database
MORNING, NOON = 8 * HOUR, 13 * HOUR


@pytest.fixture(scope="module")
def week() -> Problem:
    return instances.tight(size=0.1)


@pytest.fixture(scope="module")
def found(week: Problem) -> Plan:
    return plan(week)


def test_an_assignment_is_explained_by_its_parts() -> None:
    shifts = [(MORNING, HOUR, 0, False), (DAY + MORNING, HOUR, 0, False)]
    people = [(8 * HOUR, 2), (8 * HOUR, 1)]
    pairs = [(0, 0, 70), (0, 1, 30), (1, 0, 20)]
    steps = [[12, 6, 0, -5], [30, 15, 0, -5]]
    asked = problem(
        shifts, [(0, 2, 3), (1, 1, 1)], people, pairs, fairness=steps, teams=[(0, 1)], baseline=[(0, 0)], locks=[(1, 0)]
    )
    found = plan(asked)
    assert found.chosen.tolist() == [0, 1, 2]
    said = explaining.assignment(asked, found, 0)
    assert (said.coverage, said.match, said.fairness, said.teams, said.kept) == (3_000, 70, 6, 40, 25)
    assert said.total == 3_141
    assert (said.otherwise, said.costs) == ((1,), 3_141)
    locked = explaining.assignment(asked, found, 2)
    assert (locked.total, locked.otherwise, locked.costs) == (3_090, None, None)
    with pytest.raises(KeyError):
        explaining.assignment(asked, replace(found, chosen=ints([0])), 1)


def test_the_next_best_plan_takes_a_free_place() -> None:
    shifts = [(MORNING, HOUR, 0, False), (MORNING, HOUR, 0, False)]
    asked = problem(shifts, [(0, 1, 1), (1, 1, 1)], [(HOUR, 1)], [(0, 0, 70), (0, 1, 30)])
    said = explaining.assignment(asked, plan(asked), 0)
    assert (said.otherwise, said.costs) == ((1,), 40)


def test_every_explanation_of_a_week_adds_up(week: Problem, found: Plan) -> None:
    for pair in found.chosen[:40].tolist():
        said = explaining.assignment(week, found, pair)
        without = worth_of(week, found.chosen[found.chosen != pair]).total
        assert said.total == found.worth.total - without
        person = week.pair_person[pair]
        others = found.chosen[week.pair_person[found.chosen] != person]
        moved = np.sort(np.append(others, said.otherwise).astype(np.int64))
        assert breaches(week, moved) == []
        assert worth_of(week, moved).total == found.worth.total - said.costs
        assert 0 <= said.costs <= said.total


def test_an_empty_place_says_who_is_busy_and_what_taking_them_would_leave() -> None:
    shifts = [(MORNING, HOUR, 0, False), (MORNING, HOUR, 0, False)]
    asked = problem(shifts, [(0, 1, 1), (1, 1, 3)], [(HOUR, 1)], [(0, 0, 70), (0, 1, 30)])
    asked = replace(asked, funnel=ints([[9, 8, 7, 6, 1], [5, 4, 3, 2, 1]]))
    said = explaining.empty_place(asked, plan(asked), 0)
    assert said.missing == 1
    assert said.funnel == (
        ("qualified", 9),
        ("certified", 8),
        ("reachable", 7),
        ("available", 6),
        ("within_hours", 1),
        ("free", 0),
    )
    assert said.free == ()
    assert said.busy == (explaining.Busy(person=0, pair=0, leaves=(1,), costs=1_960),)


def test_every_empty_place_of_a_week_tells_the_truth(week: Problem, found: Plan) -> None:
    needs = explaining.needs(week, found, most=10)
    assert [need.price for need in needs] == sorted((need.price for need in needs), reverse=True)
    assert needs[0].price > 900
    for need in needs:
        said = explaining.empty_place(week, found, need.line)
        assert (
            said.missing
            == need.missing
            == week.line_demand[need.line] - (week.pair_line[found.chosen] == need.line).sum()
            > 0
        )
        assert said.free == ()
        for busy in said.busy:
            gone = [
                pair
                for pair in found.chosen
                if week.pair_person[pair] == busy.person and week.pair_line[pair] in busy.leaves
            ]
            moved = np.sort(np.append(np.setdiff1d(found.chosen, gone), busy.pair))
            assert breaches(week, moved) == []
            assert worth_of(week, moved).total == found.worth.total - busy.costs


def test_a_refill_takes_idle_people_only_and_nobody_who_dropped_out(week: Problem, found: Plan) -> None:
    serving = np.unique(week.pair_person[found.chosen])
    gone = serving[::20]
    dropped = found.chosen[np.isin(week.pair_person[found.chosen], gone)]
    filled = refill(week, found, dropped)
    stayed, added = np.setdiff1d(found.chosen, dropped), np.setdiff1d(filled.chosen, found.chosen)
    assert np.isin(stayed, filled.chosen).all()
    assert added.size > 0
    assert not np.isin(week.pair_person[added], serving).any()
    assert filled.worth == worth_of(week, filled.chosen)
    assert filled.worth.total <= filled.bound == found.bound
    assert filled.filled == filled.chosen.size


def test_a_new_plan_after_drop_outs_moves_few_of_the_rest(week: Problem, found: Plan) -> None:
    left, gone = instances.after_dropping_out(week, found.chosen)
    again = plan(left)
    assert gone.size > 0
    assert not np.isin(left.pair_person[again.chosen], gone).any()
    kept = np.isin(left.baseline, again.chosen).sum()
    assert again.worth.kept == 25 * kept
    assert left.baseline.size - kept <= 0.02 * left.baseline.size
    assert again.filled >= left.baseline.size


def test_a_refill_forgets_the_lock_of_what_was_dropped() -> None:
    shift, people = [(MORNING, HOUR, 0, False)], [(HOUR, 1), (HOUR, 1)]
    asked = problem(shift, [(0, 1, 1)], people, [(0, 0, 50), (1, 0, 20)], locks=[(0, 0)])
    found = plan(asked)
    assert found.chosen.tolist() == [0]
    assert refill(asked, found, ints([0])).chosen.tolist() == [1]
