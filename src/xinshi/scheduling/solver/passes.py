"""Price passes: prices that rise where too many want a line and fall where too few do, before any linear program.

Every line has its own step, which grows while its sign stays and halves when it turns (Rprop, Riedmiller and Braun 1993).
A pass costs one round of pricing; its plans are good columns to begin with, and its best bound good prices.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from xinshi.scheduling.solver.columns import Columns, columns_of
from xinshi.scheduling.solver.course import Course
from xinshi.scheduling.solver.model import Flags, Floats, Model
from xinshi.scheduling.solver.pricing import Priced, Prices, price

PASSES: Final = 30
HARVESTED: Final = 8
"""The plans of so many last passes become columns."""
SHORT, FULL = (0.3, 0.25), (0.95, 0.05)
"""First price and first step of the lines that a greedy plan leaves short and of those it fills, as a share of what the line
can give: a place is dear where people queue for it, and costs nothing in the end where nobody comes."""
FASTER, SLOWER, FLOOR = 1.1, 0.7, 0.0005


def first_prices(model: Model, held: Flags) -> Prices:
    """Low where a greedy plan leaves places empty, high elsewhere."""
    is_short = _filled(model, held) < model.demand
    line = np.where(is_short, SHORT[0], FULL[0]) * model.cap
    return Prices(line, np.full(2 * model.links, model.team_bonus / 2))


def price_passes(model: Model, held: Flags, course: Course, *, passes: int = PASSES) -> tuple[Priced, list[Columns]]:
    """The best of all passes, and the plans of the last; at least one pass is made, whatever the time."""
    prices = first_prices(model, held)
    best = price(model, prices)
    is_short = _filled(model, held) < model.demand
    step = np.where(is_short, SHORT[1], FULL[1]) * model.cap
    line, turn = prices.line, np.zeros(model.lines)
    harvest: list[Columns] = []
    priced = best
    for number in range(passes):
        if number >= passes - HARVESTED:
            harvest.append(columns_of(model, priced.chosen))
        if course.is_over():
            break
        line, step, turn = _step(model, priced.chosen, line, step, turn)
        priced = price(model, Prices(line, prices.link))
        if priced.bound < best.bound:
            best = priced
        if number % 20 == 0:
            course.tell("prices", number / passes)
    return best, harvest


def _step(model: Model, chosen: Flags, line: Floats, step: Floats, turn: Floats) -> tuple[Floats, Floats, Floats]:
    """The next prices, the next steps, and which way they went."""
    now = np.sign(_filled(model, chosen) - model.demand)
    stays = now * turn
    step = np.where(stays > 0, np.minimum(FASTER * step, model.unit), np.where(stays < 0, SLOWER * step, step))
    step = np.maximum(step, FLOOR * model.unit)
    return np.clip(line + now * step, 0.0, model.cap), step, now


def _filled(model: Model, chosen: Flags) -> Floats:
    return np.bincount(model.pair_line[chosen], minlength=model.lines).astype(np.float64)
