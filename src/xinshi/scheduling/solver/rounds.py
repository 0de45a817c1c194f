"""The rounds of column generation: the best mix of known plans sets prices, the prices find better plans, until none is.

Plans are sought at the program's own prices and at prices halfway to the best known: the first close the gap in the end,
the second keep the prices from swinging (Wentges smoothing, 1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from xinshi.scheduling.solver.columns import Columns, columns_of, singles
from xinshi.scheduling.solver.course import Course
from xinshi.scheduling.solver.master import Master, Mix
from xinshi.scheduling.solver.model import Floats, Model
from xinshi.scheduling.solver.pricing import Priced, price, reduced_values
from xinshi.scheduling.solver.problem import Ints

ROUNDS_MAX: Final = 40
SMOOTHING: Final = 0.6
BETTER: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """The prices with the least bound, and the best mix of the plans found; None where there was no time for one."""

    best: Priced
    mix: Mix | None
    rounds: int


def generate(master: Master, best: Priced, course: Course, *, tolerance: float, enough: float = 0.0) -> Generated:
    """Rounds until bound and mix are within `tolerance` of each other, or the bound is below `enough`."""
    mix: Mix | None = None
    for number in range(ROUNDS_MAX):
        if course.is_over():
            return Generated(best, mix, number)
        found = master.solve()
        if found is None:
            return Generated(best, mix, number)
        mix = found
        course.tell("rounds", min(number / 10, 0.95))
        added, best = _round(master, mix, best)
        if added == 0 or best.bound < enough:
            break
        if best.bound - mix.worth <= tolerance * abs(mix.worth):
            break
    return Generated(best, mix, number + 1)


def _round(master: Master, mix: Mix, best: Priced) -> tuple[int, Priced]:
    """How many plans were added, and the best prices after this round."""
    model, added, next_best = master.model, 0, best
    true_values = reduced_values(model, mix.prices)
    for share in (SMOOTHING, 0.0):
        priced = price(model, mix.prices.mixed(best.prices, share) if share else mix.prices)
        if priced.bound < next_best.bound:
            next_best = priced
        plans = columns_of(model, priced.chosen)
        gain = plans.sums(true_values, model) - mix.own[plans.owner]
        added += master.add(plans.taken(gain > BETTER))
    return added, next_best


def most_wanted(model: Model, value: Floats, *, times: int = 1, more: int = 2) -> Columns:
    """For every line so many times its places, and some more, of the pairs of greatest value, each a plan of its own."""
    return singles(model, _best_of_lines(model, value, times, more))


def _best_of_lines(model: Model, value: Floats, times: int, more: int) -> Ints:
    order = np.lexsort((-value, model.pair_line))
    line = model.pair_line[order]
    rank = np.arange(order.size) - np.searchsorted(line, np.arange(model.lines))[line]
    short = model.facts[order, 2] - model.facts[order, 1] <= model.minutes_max[model.pair_person[order]]
    fits = short & (model.shifts_max[model.pair_person[order]] > 0)
    return np.sort(order[fits & (rank < times * model.demand[line] + more)])
