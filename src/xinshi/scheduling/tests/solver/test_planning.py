"""Plans: never one the checker refuses, never better than proven, and on small problems the best there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import highspy
import numpy as np
import pytest
from bench.scheduling_model import Whole, whole_model
from hypothesis import given, settings

from xinshi.scheduling.solver import instances, plan, planning
from xinshi.scheduling.solver.checker import BrokenRule, breaches, changes_in, check
from xinshi.scheduling.solver.model import END, Model
from xinshi.scheduling.solver.planning import plan as planned
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.solver.soundness import UnsoundProblem
from xinshi.scheduling.tests.solver.small import (
    BROKEN,
    DAY,
    HOUR,
    best_coverage,
    best_worth,
    ints,
    limited,
    problem,
    problems,
)

pytestmark = pytest.mark.any_database
QUICK = settings(max_examples=60)


@pytest.fixture(scope="module")
def week() -> Problem:
    return instances.week(0.1)


@QUICK
@given(problems())
def test_no_plan_is_better_than_the_bound_or_breaks_a_rule(asked: Problem) -> None:
    found = plan(asked, gap=0, time_limit_seconds=60)
    best = best_worth(asked)
    assert breaches(asked, found.chosen) == []
    assert check(asked, found.chosen) == found.worth
    assert found.worth.total <= best <= found.bound
    assert found.coverage_bound >= best_coverage(asked)
    assert found.is_complete
    # So few plans are all written down: what is asked for exactly is found exactly.
    assert found.worth.total == best


@QUICK
@given(limited())
def test_a_limit_on_changes_is_kept_and_the_plan_is_the_best_within_it(asked: Problem) -> None:
    found = plan(asked, gap=0, time_limit_seconds=60)
    assert breaches(asked, found.chosen) == []
    assert found.worth.total == best_worth(asked) <= found.bound
    assert found.coverage_bound >= best_coverage(asked)
    assert asked.changes_max is not None
    for more in (1, 2, 5):
        wider = replace(asked, changes_max=asked.changes_max + more)
        assert best_worth(wider) <= found.bound + more * found.change_price


CHAIN = problem(
    [(8 * HOUR, 4 * HOUR, 0, False)],
    [(0, 1, 1), (0, 1, 1), (0, 1, 3)],
    [(8 * HOUR, 1)] * 3,
    [(0, 0, 50), (0, 1, 50), (1, 1, 50), (1, 2, 50), (2, 0, 50)],
    baseline=[(0, 0), (1, 1)],
)
"""The urgent place is filled only where the second person gives up theirs; all three only where both move."""


@pytest.mark.parametrize(
    ("changes_max", "lines", "worth"),
    [(None, [1, 2, 0], 5_180), (2, [1, 2, 0], 5_180), (1, [0, 2], 4_145), (0, [0, 1], 2_170)],
)
def test_each_change_allowed_wins_what_its_price_says(changes_max: int | None, lines: list[int], worth: int) -> None:
    found = plan(replace(CHAIN, changes_max=changes_max), gap=0)
    assert CHAIN.pair_line[found.chosen].tolist() == lines
    assert found.worth.total == found.bound == worth
    assert found.is_coverage_certain
    least, most = {1: (5_180 - 4_145, 4_145 - 2_170), 0: (4_145 - 2_170, np.inf)}.get(changes_max, (0, 0))
    assert least <= found.change_price <= most


def test_a_limit_on_what_cannot_stand_together_is_refused() -> None:
    asked = replace(CHAIN, baseline=ints([0, 1]), changes_max=1)
    with pytest.raises(UnsoundProblem, match="stands"):
        plan(asked)
    with pytest.raises(UnsoundProblem, match="changes_max"):
        plan(replace(CHAIN, changes_max=-1))


def test_a_week_after_drop_outs_changes_no_more_than_it_may_and_proves_it(week: Problem) -> None:
    left, _gone = instances.after_dropping_out(week, plan(week).chosen, share=0.1)
    free = plan(left, gap=0)
    moved = changes_in(left, free.chosen)
    found = plan(replace(left, changes_max=moved // 2), gap=1e-4)
    assert moved >= 2
    assert changes_in(left, found.chosen) <= moved // 2
    assert found.worth.total <= free.worth.total <= found.bound + (moved - moved // 2) * found.change_price
    assert found.change_price > 0
    assert found.gap <= 1e-4
    assert found.is_coverage_certain


def test_a_week_is_planned_within_the_gap_that_was_asked_for(week: Problem) -> None:
    found = plan(week, gap=2e-3)
    assert found.is_complete
    assert 0 <= found.gap <= 2e-3
    assert found.is_coverage_certain
    assert found.filled == found.chosen.size <= found.places == week.line_demand.sum()


def test_the_same_seed_gives_the_same_plan(week: Problem) -> None:
    first, second = (plan(week, seed=5) for _ in range(2))
    assert np.array_equal(first.chosen, second.chosen)
    assert (first.bound, first.coverage_bound) == (second.bound, second.coverage_bound)
    assert np.array_equal(first.line_prices, second.line_prices)


def test_locks_stay_whatever_they_cost() -> None:
    shift = [(8 * HOUR, 4 * HOUR, 0, False), (8 * HOUR, 4 * HOUR, 0, False)]
    asked = problem(shift, [(0, 1, 1), (1, 1, 3)], [(8 * HOUR, 2)], [(0, 0, 0), (0, 1, 100)])
    assert asked.pair_line[plan(asked).chosen].tolist() == [1]
    locked = replace(asked, locks=ints([0]))
    assert asked.pair_line[plan(locked).chosen].tolist() == [0]


def test_locks_that_no_plan_can_keep_are_refused() -> None:
    shift = [(8 * HOUR, 4 * HOUR, 0, False), (9 * HOUR, 4 * HOUR, 0, False)]
    asked = problem(shift, [(0, 1, 1), (1, 1, 1)], [(20 * HOUR, 2)], [(0, 0, 5), (0, 1, 5)], locks=[(0, 0), (0, 1)])
    with pytest.raises(UnsoundProblem, match="locked"):
        plan(asked)


def longer(model: Model) -> Model:
    return replace(model, minutes_max=model.minutes_max + 600)


FULL = problem(
    [(8 * HOUR, HOUR, 0, False), (8 * HOUR, HOUR, 0, False)],
    [(0, 1, 1), (1, 1, 3)],
    [(HOUR, 1), (HOUR, 1), (HOUR, 1)],
    [(0, 0, 5), (0, 1, 5), (1, 0, 5), (2, 0, 5)],
    locks=[(0, 0)],
)
"""More people than places, and somebody locked where they are needed less."""
FORGOTTEN: dict[str, Callable[[Model], Model]] = {
    "rest": lambda model: replace(model, rules=replace(model.rules, rest_minutes=0)),
    "recovery": lambda model: replace(model, rules=replace(model.rules, rest_after_hard_minutes=0)),
    "day": lambda model: replace(model, rules=replace(model.rules, shifts_a_day_max=3)),
    "overlap": lambda model: replace(model, facts=model.facts - 600 * (np.arange(5) == END)),
    "travel": lambda model: replace(model, way_matters=False, rules=replace(model.rules, same_day_gap_minutes=0)),
    "minutes": longer,
    "shifts": lambda model: replace(model, shifts_max=model.shifts_max + 1),
    "places": lambda model: replace(model, demand=model.demand + 1),
    "locks": lambda model: replace(model, pair_is_locked=np.zeros_like(model.pair_is_locked)),
    "changes": lambda model: replace(model, stands=np.zeros_like(model.stands), kept_min=0.0),
}


@pytest.mark.parametrize("rule", sorted(FORGOTTEN))
def test_a_search_that_forgets_a_rule_does_not_get_past_the_checker(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replace(CHAIN, changes_max=0) if rule == "changes" else BROKEN.get(rule, FULL)
    assert breaches(asked, plan(asked).chosen) == []
    model_of = planning.model_of
    monkeypatch.setattr(planning, "model_of", lambda problem: FORGOTTEN[rule](model_of(problem)))
    with pytest.raises(BrokenRule) as refused:
        plan(asked)
    assert rule in refused.value.rules


def test_a_week_is_as_good_as_the_whole_integer_program_says() -> None:
    asked = instances.week(0.03)
    model = whole_model(asked)
    best = whole_optimum(model)
    found = plan(asked, gap=0, time_limit_seconds=60)
    assert best <= found.bound
    assert found.worth.total == best


def whole_optimum(model: Whole) -> int:
    """The optimum that HiGHS proves of the whole, written down without any column generation."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("threads", 1)
    columns, none = model.value.size, np.zeros(0)
    order = np.argsort(model.row, kind="stable")
    starts = np.searchsorted(model.row[order], np.arange(model.lower.size)).astype(np.int32)
    highs.addCols(
        columns,
        -model.value.astype(float),
        np.zeros(columns),
        np.ones(columns),
        0,
        np.zeros(columns, np.int32),
        np.zeros(0, np.int32),
        none,
    )
    highs.addRows(
        model.lower.size,
        model.lower.astype(float),
        model.upper.astype(float),
        order.size,
        starts,
        model.column[order].astype(np.int32),
        model.entry[order].astype(float),
    )
    kinds = np.array([highspy.HighsVarType.kInteger] * columns)
    highs.changeColsIntegrality(columns, np.arange(columns, dtype=np.int32), kinds)
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return round(-highs.getInfo().objective_function_value)


def test_what_stands_is_kept_unless_something_better_is_worth_the_change() -> None:
    shift = [(8 * HOUR, 4 * HOUR, 0, False)]
    lines, people = [(0, 1, 1)], [(8 * HOUR, 1), (8 * HOUR, 1)]
    slightly = problem(shift, lines, people, [(0, 0, 50), (1, 0, 70)], baseline=[(0, 0)])
    clearly = problem(shift, lines, people, [(0, 0, 50), (1, 0, 80)], baseline=[(0, 0)])
    assert plan(slightly).chosen.tolist() == [0]
    assert plan(clearly).chosen.tolist() == [1]


def test_team_mates_share_a_shift_where_it_costs_little() -> None:
    shifts = [(8 * HOUR, 4 * HOUR, 0, False), (DAY + 8 * HOUR, 4 * HOUR, 0, False)]
    pairs = [(0, 0, 60), (0, 1, 50), (1, 0, 50), (1, 1, 60)]
    people, lines = [(4 * HOUR, 1)] * 2, [(0, 2, 1), (1, 2, 1)]
    apart = plan(problem(shifts, lines, people, pairs))
    together = plan(problem(shifts, lines, people, pairs, teams=[(0, 1)]))
    assert (apart.worth.match, apart.worth.teams) == (120, 0)
    assert (together.worth.match, together.worth.teams) == (110, 40)


def test_a_cancelled_run_answers_with_the_best_so_far(week: Problem) -> None:
    found = plan(week, cancelled=lambda: True)
    assert not found.is_complete
    assert breaches(week, found.chosen) == []
    assert found.worth.total <= found.bound


def test_a_run_without_time_answers_with_a_plan_and_a_bound(week: Problem) -> None:
    found, best = plan(week, time_limit_seconds=0), plan(week)
    assert not found.is_complete
    assert breaches(week, found.chosen) == []
    assert best.worth.total <= found.bound
    assert best.coverage_bound <= found.coverage_bound


def test_progress_goes_forward_and_tells_what_is_filled(week: Problem) -> None:
    told: list[tuple[str, float, int, float]] = []
    found = plan(week, progress=lambda *now: told.append(now))
    shares = [share for _, share, _, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    assert told[-1][0] == "checking"
    assert told[-1][2] == found.filled
    assert list(dict.fromkeys(stage for stage, *_ in told))[:3] == ["greedy", "prices", "rounds"]


def test_a_run_is_cancelled_in_the_middle_of_the_linear_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xinshi.scheduling.solver.master.ASK_SECONDS", 0.0)
    large, stages = instances.week(0.3), [""]
    found = plan(
        large,
        time_limit_seconds=60,
        progress=lambda stage, *_: stages.append(stage),
        cancelled=lambda: stages[-1] == "rounding",
        gap=0,
    )
    assert not found.is_complete
    assert breaches(large, found.chosen) == []
    assert "rounding" in stages


def test_regions_lead_to_the_same_bound(week: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = planned(week)
    monkeypatch.setattr("xinshi.scheduling.solver.regions.PEOPLE_WHOLE_MAX", 0)
    monkeypatch.setattr("xinshi.scheduling.solver.regions.PEOPLE_A_REGION", 250)
    stages: list[str] = []
    large = replace(instances.week(0.3), name="large")
    parted = planned(large, progress=lambda stage, *_: stages.append(stage))
    assert "regions" in stages
    assert breaches(large, parted.chosen) == []
    assert parted.gap <= 1e-3
    monkeypatch.undo()
    straight = planned(large)
    assert parted.worth.total <= straight.bound
    assert straight.worth.total <= parted.bound
    assert whole.is_complete


def test_nothing_to_plan_is_planned_at_once() -> None:
    found = plan(problem([(0, HOUR, 0, False)], [(0, 2, 2)], [(HOUR, 1)], []))
    assert (found.filled, found.places, found.bound, found.coverage_bound, found.gap) == (0, 2, 0, 0, 0)
    assert found.line_prices.tolist() == [2_000]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pair_value": ints([101])}, "pair_value"),
        ({"line_priority": ints([4])}, "line_priority"),
        ({"fairness": ints([[1, 2, 0, 0]])}, "fairness rises"),
        ({"pair_line": ints([7])}, "pair_line points"),
        ({"locks": ints([0, 0])}, "twice"),
        ({"line_demand": ints([1, 2])}, "shape"),
        ({"shift_end": ints([0])}, "ends before"),
        ({"pair_value": np.array([1.5])}, "float64"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(change: dict[str, object], said: str) -> None:
    asked = problem([(60, HOUR, 0, False)], [(0, 1, 1)], [(HOUR, 1)], [(0, 0, 5)])
    with pytest.raises(UnsoundProblem, match=said):
        plan(replace(asked, **change))
