"""The dynamic program: at any prices it finds each person's best plan, and keeps every personal rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.scheduling.solver import instances
from xinshi.scheduling.solver.checker import breaches
from xinshi.scheduling.solver.columns import columns_of, singles
from xinshi.scheduling.solver.course import Course
from xinshi.scheduling.solver.greedy import by_scarcity, by_score
from xinshi.scheduling.solver.master import Master
from xinshi.scheduling.solver.model import model_of, part_of
from xinshi.scheduling.solver.passes import price_passes
from xinshi.scheduling.solver.pricing import Prices, price
from xinshi.scheduling.solver.problem import Problem, Rules
from xinshi.scheduling.solver.rounds import generate
from xinshi.scheduling.tests.solver.small import best_worth, every_plan, ints, limited, problems

pytestmark = pytest.mark.any_database
QUICK = settings(max_examples=50)


@QUICK
@given(problems(pairs_max=9), st.lists(st.integers(0, 3_200), min_size=6, max_size=6))
def test_everybodys_plan_is_the_best_they_can_have_at_the_prices(asked: Problem, charged: list[int]) -> None:
    asked = replace(asked, team_pairs=ints([]).reshape(0, 2), locks=ints([]))
    model = model_of(asked)
    prices = Prices(np.array(charged[: model.lines], np.float64), np.zeros(0))
    priced = price(model, prices)
    alone = replace(asked, line_demand=np.full_like(asked.line_demand, 99))
    assert breaches(alone, np.flatnonzero(priced.chosen)) == []
    value = model.weight - priced.prices.line[model.pair_line]
    for person in range(model.people):
        mine = [plan for plan in every_plan(alone) if all(asked.pair_person[pair] == person for pair in plan)]
        gives = [
            sum(value[pair] for pair in plan) + sum(model.bonus[person, min(n, 3)] for n in range(len(plan)))
            for plan in mine
        ]
        assert priced.best[person] == max(gives)
        found = np.flatnonzero(priced.chosen & (asked.pair_person == person))
        steps = model.bonus[person, np.minimum(np.arange(found.size), 3)]
        assert value[found].sum() + steps.sum() == priced.best[person]


@QUICK
@given(problems(pairs_max=9), st.lists(st.floats(0, 3_200), min_size=6, max_size=6), st.floats(0, 40))
def test_any_prices_bound_every_plan(asked: Problem, charged: list[float], paid: float) -> None:
    model = model_of(asked)
    priced = price(model, Prices(np.array(charged[: model.lines]), np.full(2 * model.links, paid)))
    assert best_worth(asked) <= priced.bound


@QUICK
@given(limited(), st.lists(st.floats(0, 3_200), min_size=6, max_size=6), st.floats(0, 9_000))
def test_any_prices_bound_every_plan_within_a_limit(asked: Problem, charged: list[float], kept: float) -> None:
    model = model_of(asked)
    priced = price(model, Prices(np.array(charged[: model.lines]), np.zeros(2 * model.links), kept))
    assert best_worth(asked) <= priced.bound


@QUICK
@given(problems(pairs_max=9))
def test_greedy_plans_keep_the_rules(asked: Problem) -> None:
    model = model_of(asked)
    for taken in (by_scarcity(model), by_score(model, -model.weight)):
        assert breaches(asked, np.flatnonzero(taken)) == []


def test_passes_bring_the_bound_near_and_rounds_bring_it_nearer() -> None:
    model = model_of(instances.week(0.1))
    held = by_scarcity(model)
    best, harvest = price_passes(model, held, Course(seconds=60))
    assert len(harvest) == 8
    master = Master(model, Course(seconds=60))
    for plans in (columns_of(model, held), *harvest):
        master.add(plans)
    first = master.solve()
    found = generate(master, best, Course(seconds=60), tolerance=1e-6)
    assert first is not None
    assert found.mix is not None
    assert first.worth <= found.mix.worth <= found.best.bound <= best.bound
    assert found.best.bound - found.mix.worth <= 1e-6 * found.mix.worth
    assert best.bound <= 1.1 * found.best.bound


def test_large_models_on_two_threads_answer_as_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(instances.week(0.1, rules=Rules(shifts_a_day_max=2)))
    prices = Prices(0.9 * model.cap, np.full(2 * model.links, 20.0))
    alone = price(model, prices)
    monkeypatch.setattr("xinshi.scheduling.solver.pricing.PAIRS_A_THREAD_MIN", 1)
    both = price(model, prices)
    assert np.array_equal(alone.chosen, both.chosen)
    assert alone.bound == both.bound


def test_parts_of_a_model_price_as_they_do_in_the_whole() -> None:
    model = model_of(instances.week(0.1))
    people = np.arange(model.people) % 2 == 0
    part = part_of(model, people=people, lines=np.ones(model.lines, np.bool_))
    line = 0.8 * model.cap
    whole = price(model, Prices(line, np.zeros(2 * model.links)))
    inner = price(part.model, Prices(line, np.zeros(2 * part.model.links)))
    assert np.array_equal(inner.best, whole.best[people])
    assert np.array_equal(
        part.pairs[np.flatnonzero(inner.chosen)], np.flatnonzero(whole.chosen & people[model.pair_person])
    )


def test_a_pool_takes_each_plan_once() -> None:
    model = model_of(instances.week(0.05))
    master = Master(model, Course(seconds=60))
    plans = singles(model, np.arange(20))
    assert master.add(plans) == 20
    assert master.add(plans) == 0
    assert master.pool.columns.member.tolist() == list(range(20))
