"""The checker: every rule that is broken on purpose is named, and a plan's worth is counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xinshi.scheduling.solver.checker import BrokenRule, breaches, check
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.tests.solver.small import BROKEN, DAY, HOUR, MORNING, TWO_A_DAY, ints, problem, two_shifts

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_each_broken_rule_is_named(rule: str) -> None:
    with pytest.raises(BrokenRule) as refused:
        check(BROKEN[rule], ints([0, 1]))
    assert rule in refused.value.rules
    assert breaches(BROKEN[rule], ints([0])) == []
    assert breaches(BROKEN[rule], ints([1])) == []


@pytest.mark.parametrize(
    "kept",
    [
        two_shifts((20 * HOUR, 3 * HOUR, 0, False), (DAY + 10 * HOUR, HOUR, 0, False)),
        two_shifts((MORNING, HOUR, 0, False), (9 * HOUR + 30, HOUR, 0, False), rules=TWO_A_DAY),
        two_shifts((MORNING, HOUR, 0, False), (10 * HOUR, HOUR, 1, False), rules=TWO_A_DAY),
        two_shifts((MORNING, 10 * HOUR, 0, True), (DAY + 18 * HOUR, HOUR, 0, False)),
        two_shifts((MORNING, HOUR, 0, False), (DAY + MORNING, HOUR, 0, False), people=[(2 * HOUR, 2)]),
    ],
)
def test_what_just_keeps_a_rule_passes(kept: Problem) -> None:
    assert breaches(kept, ints([0, 1])) == []


def test_too_many_at_a_line_a_missing_lock_and_a_pair_twice_are_refused() -> None:
    shift, people = [(MORNING, HOUR, 0, False)], [(HOUR, 1), (HOUR, 1)]
    asked = problem(shift, [(0, 1, 1)], people, [(0, 0, 5), (1, 0, 5)], locks=[(1, 0)])
    assert [breach.rule for breach in breaches(asked, ints([0, 1]))] == ["places"]
    assert [breach.rule for breach in breaches(asked, ints([0]))] == ["locks"]
    assert [breach.rule for breach in breaches(asked, ints([1, 1]))] == ["pairs"]
    assert [breach.rule for breach in breaches(asked, ints([2]))] == ["pairs"]
    assert breaches(asked, ints([1])) == []


def test_more_changes_than_allowed_are_refused() -> None:
    shift, people = [(MORNING, HOUR, 0, False)], [(HOUR, 1)] * 3
    pairs = [(0, 0, 5), (1, 0, 5), (2, 0, 5)]
    asked = replace(problem(shift, [(0, 3, 1)], people, pairs, baseline=[(0, 0), (1, 0)]), changes_max=1)
    assert [breach.rule for breach in breaches(asked, ints([2]))] == ["changes"]
    assert breaches(asked, ints([0, 2])) == []
    assert breaches(replace(asked, changes_max=None), ints([])) == []


def test_worth_is_the_sum_of_its_parts() -> None:
    shifts = [(MORNING, HOUR, 0, False), (DAY + MORNING, HOUR, 0, False)]
    asked = problem(
        shifts,
        [(0, 2, 3), (1, 2, 1)],
        [(8 * HOUR, 2), (8 * HOUR, 2)],
        [(0, 0, 70), (0, 1, 30), (1, 0, 20)],
        fairness=[[12, 6, 0, -5], [30, 15, 0, -5]],
        teams=[(0, 1)],
        baseline=[(0, 1)],
    )
    worth = check(asked, ints([0, 1, 2]))
    assert (worth.coverage, worth.match, worth.fairness, worth.teams, worth.kept) == (7_000, 120, 48, 40, 25)
    assert worth.total == 7_233
