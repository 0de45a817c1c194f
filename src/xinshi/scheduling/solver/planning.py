"""Planning from beginning to end: greedy plan, price passes, rounds, rounding, certificate of coverage, check."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np

from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.checker import check
from xinshi.scheduling.solver.columns import Columns, columns_of
from xinshi.scheduling.solver.course import Course, Progress, nobody_cancels, nobody_is_told
from xinshi.scheduling.solver.greedy import by_scarcity, fill
from xinshi.scheduling.solver.master import Master, Mix
from xinshi.scheduling.solver.model import Flags, Floats, Model, coverage_model, model_of
from xinshi.scheduling.solver.near import near_plans
from xinshi.scheduling.solver.passes import price_passes
from xinshi.scheduling.solver.pricing import Priced, Prices, price, reduced_values
from xinshi.scheduling.solver.problem import FAIRNESS_STEPS, PRIORITY_WEIGHT, Problem
from xinshi.scheduling.solver.regions import warm_start
from xinshi.scheduling.solver.rounding import best_of, guided, rounded
from xinshi.scheduling.solver.rounds import generate, most_wanted
from xinshi.scheduling.solver.soundness import require_sound

WIDTHS: Final = (0.0, 4.0, 20.0)
"""How far a whole plan's alternatives may fall behind it, in turn."""
SHARES: Final = (1.0, 0.5, 0.25, 0.12, 0.06)
"""Of the gap left: plans that fall behind so much less are all looked at; with the first of these the best plan is found."""
THRESHOLDS: Final = (0.5, 0.3, 0.7, 0.9)


def plan(
    problem: Problem,
    *,
    time_limit_seconds: float = 5.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Plan:
    """The best plan found, with a bound that no plan exceeds. The same problem and seed give the same plan.

    `gap`: the search ends once the plan is known to be within this share of the bound. Where the time ends first, or
    `cancelled` says True, the plan is the best so far and `is_complete` is False. Time counts from when the compiled loops
    stand, which takes a second in a new process and longer after an installation. Raises UnsoundProblem.
    """
    require_sound(problem)
    make_ready()
    course = Course(
        seconds=time_limit_seconds, progress=progress or nobody_is_told, cancelled=cancelled or nobody_cancels
    )
    model = model_of(problem)
    search = _Search(model, _first_plan(problem, model), course, gap, seed)
    search.run()
    return _answer(problem, search, course, seed)


@cache
def make_ready() -> None:
    """Have all loops compiled, or read from where they are kept: once in a process."""
    zero, one = np.array([0]), np.array([1])
    smallest = Problem(
        name="smallest",
        shift_start=zero,
        shift_end=one,
        shift_day=zero,
        shift_site=zero,
        shift_is_hard=np.array([False]),
        line_shift=zero,
        line_demand=one,
        line_priority=one,
        person_minutes_max=one,
        person_shifts_max=one,
        fairness=np.zeros((1, FAIRNESS_STEPS), np.int64),
        pair_person=zero,
        pair_line=zero,
        pair_value=one,
        team_pairs=np.zeros((0, 2), np.int64),
        travel_minutes=np.zeros((1, 1), np.int64),
    )
    model = model_of(smallest)
    by_scarcity(model)
    near_plans(model, price(model, Prices(model.demand, np.zeros(0))), 1.0)


def _first_plan(problem: Problem, model: Model) -> Flags:
    """A greedy plan; the better of one from nothing and of what stood, where that may all be changed.

    Raises UnsoundProblem where changes are limited and what stood is not possible with the locks.
    """
    by_weight = np.argsort(-model.weight, kind="stable")
    if model.limits_changes:
        return fill(model, by_weight, model.stands > 0)
    afresh = by_scarcity(model)
    if not problem.baseline.size:
        return afresh
    kept = fill(model, np.concatenate([problem.baseline, by_weight]))
    return max(afresh, kept, key=lambda chosen: value_of(model, chosen))


class _Search:
    """What is known so far: the best plan, the best prices, the bound for coverage."""

    def __init__(self, model: Model, chosen: Flags, course: Course, gap: float, seed: int) -> None:
        self.model, self.course, self.gap, self.seed = model, course, gap, seed
        self.chosen = chosen
        self.worth = value_of(model, self.chosen)
        self.best: Priced | None = None
        self.coverage_bound = 0

    def offer(self, chosen: Flags) -> None:
        """Take a plan where it is better than the best so far, and changes no more than it may."""
        worth = value_of(self.model, chosen)
        if worth > self.worth and self.model.stands[chosen].sum() >= self.model.kept_min:
            self.chosen, self.worth = chosen, worth
        self.course.filled = int(self.chosen.sum())
        if self.best and self.best.bound > 0:
            self.course.gap = (self.best.bound - self.worth) / self.best.bound

    def run(self) -> None:
        course = self.course
        course.tell("greedy", 0.0)
        tolerance = self.gap / 20
        master = self._master(tolerance)
        assert self.best is not None
        self.offer(self.chosen)
        found = generate(master, self.best, course, tolerance=tolerance)
        self.best = found.best
        if found.mix is not None:
            self._round(master, found.mix)
        self._certify(master)

    def _master(self, tolerance: float) -> Master:
        """The first columns and prices: of all regions for a large problem, of some price passes otherwise."""
        model, course = self.model, self.course
        start = warm_start(model, course, tolerance=2 * tolerance, seed=self.seed)
        if start is not None:
            self.best = price(model, start.prices)
            for plans in (columns_of(model, model.pair_is_locked), columns_of(model, self.chosen)):
                start.master.add(plans)
            return start.master
        self.best, harvest = price_passes(model, self.chosen, course)
        master = Master(model, course, seed=self.seed)
        _fill_pool(master, self.best, self.chosen, harvest)
        return master

    @property
    def is_near(self) -> bool:
        assert self.best is not None
        return math.floor(self.best.bound) - self.worth <= self.gap * self.best.bound

    def _target(self) -> float:
        """The worth at which a rounding has done enough: half the gap that was asked for."""
        assert self.best is not None
        return self.best.bound - self.gap / 2 * abs(self.best.bound)

    def _round(self, master: Master, mix: Mix) -> None:
        """One whole plan from the mix: in a neighbourhood that widens until the gap is as small as it was asked for."""
        model, course = self.model, self.course
        self.offer(guided(model, master, mix))
        for number, width in enumerate(WIDTHS):
            if self.is_near or course.is_over():
                return
            course.tell("rounding", number / (len(WIDTHS) + 1))
            self._offer_filled(
                rounded(master, mix, self.chosen, course, width=width, target=self._target(), seed=self.seed)
            )
        if self.is_near or course.is_over():
            return
        assert self.best is not None
        loss = math.floor(self.best.bound) - self.worth
        near = (near_plans(model, self.best, share * loss) for share in SHARES)
        plans = next((plans for plans in near if plans is not None), None)
        if plans is not None:
            course.tell("rounding", len(WIDTHS) / (len(WIDTHS) + 1))
            self._offer_filled(best_of(model, plans, self.chosen, course, target=self._target(), seed=self.seed))

    def _offer_filled(self, chosen: Flags | None) -> None:
        """Offer a plan, and besides whatever still fits."""
        if chosen is not None:
            self.offer(fill(self.model, np.argsort(-self.model.weight, kind="stable"), chosen))

    def _certify(self, whole: Master) -> None:
        """Bound the weighted places that any plan could fill: mostly the prices of the plan, rounded, prove it already."""
        assert self.best is not None
        model, course = coverage_model(self.model), self.course
        reached = value_of(model, self.chosen)
        course.tell("coverage", 0.0)
        share, kept = self.best.prices.line / self.model.unit, self.best.prices.kept / self.model.unit
        none = np.zeros(0)
        best = price(model, Prices(np.zeros(model.lines), none))
        for threshold in THRESHOLDS:
            up = 1 - threshold
            priced = price(model, Prices(np.floor(share + up), none, math.floor(kept + up)))
            best = priced if priced.bound < best.bound else best
        if math.floor(best.bound) > reached and not course.is_over():
            master = Master(model, course, seed=self.seed)
            for plans in (whole.pool.columns, columns_of(model, best.chosen)):
                master.add(plans)
            best = generate(master, best, course, tolerance=1e-7, enough=reached + 1).best
        self.coverage_bound = math.floor(min(best.bound, float((model.demand * model.cap).sum())))


def _fill_pool(master: Master, best: Priced, chosen: Flags, harvest: list[Columns]) -> None:
    """The columns to begin with: the plan there is, the plans of the last passes, the most wanted pairs of every line."""
    model = master.model
    everybody_locked = columns_of(model, model.pair_is_locked)
    for plans in (everybody_locked, columns_of(model, chosen), *harvest):
        master.add(plans)
    master.add(most_wanted(model, reduced_values(model, best.prices)))


def value_of(model: Model, chosen: Flags) -> float:
    """What a plan is worth to the model."""
    plans = columns_of(model, chosen)
    rows = np.zeros(2 * model.links)
    rows[model.link_row[chosen[model.link_pair]]] = 1.0
    together = float((rows[0::2] * rows[1::2]).sum())
    return float(plans.sums(model.weight, model).sum()) + model.team_bonus * together


def _worth_of_one_more(problem: Problem, place_prices: Floats) -> Floats:
    """[L]: what one more person with the usual match would add at a line: what they give there, less what a place costs.

    A place that stays empty costs nothing, so the whole is won; a place that others queue for costs what they give.
    """
    asked = np.bincount(problem.pair_line, minlength=place_prices.size)
    matched = np.bincount(problem.pair_line, weights=problem.pair_value, minlength=place_prices.size)
    gives = PRIORITY_WEIGHT * problem.line_priority + matched / np.maximum(asked, 1)
    return np.maximum(gives - place_prices, 0.0)


def _answer(problem: Problem, search: _Search, course: Course, seed: int) -> Plan:
    """The plan, once the checker has passed it and found the same worth."""
    assert search.best is not None
    course.tell("checking", 1.0)
    chosen = np.flatnonzero(search.chosen)
    worth = check(problem, chosen)
    bound = math.floor(search.best.bound)
    assert worth.total == search.worth <= bound, "the search and the checker disagree"
    return Plan(
        chosen=chosen,
        worth=worth,
        bound=bound,
        coverage_bound=search.coverage_bound,
        filled=chosen.size,
        places=int(problem.line_demand.sum()),
        line_prices=_worth_of_one_more(problem, search.best.prices.line),
        change_price=search.best.prices.kept,
        seconds=course.spent,
        is_complete=not course.was_cut,
        seed=seed,
    )
