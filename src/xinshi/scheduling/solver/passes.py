"""Price passes: prices that rise where too many want a line and fall where too few do, before any linear program.

Every line has its own step, which grows while its sign stays and halves when it turns (Rprop, Riedmiller and Braun 1993).
A pass costs one round of pricing; its plans are good columns to begin with, and its best bound good prices.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from xinshi.scheduling.solver.columns import Columns, columns_of
from xinshi.scheduling.solver.course import Course
from xinshi.scheduling.solver.model import KEEP_PRICE_MAX, Flags, Floats, Model
from xinshi.scheduling.solver.pricing import Priced, Prices, price

PASSES: Final = 30
HARVESTED: Final = 8
"""The plans of so many last passes become columns."""
SHORT, FULL = (0.3, 0.25), (0.95, 0.05)
"""First price and first step of the lines that a greedy plan leaves short and of those it fills, as a share of what the line
can give: a place is dear where people queue for it, and costs nothing in the end where nobody comes."""
KEPT = (0.5, 0.1)
"""The same of what keeping pays where changes are limited, as a share of a place."""
FASTER, SLOWER, FLOOR = 1.1, 0.7, 0.0005


def first_prices(model: Model, held: Flags) -> Prices:
    """Low where a greedy plan leaves places empty, high elsewhere."""
    is_short = _filled(model, held) < model.demand
    line = np.where(is_short, SHORT[0], FULL[0]) * model.cap
    return Prices(line, np.full(2 * model.links, model.team_bonus / 2), KEPT[0] * model.unit)


def price_passes(model: Model, held: Flags, course: Course, *, passes: int = PASSES) -> tuple[Priced, list[Columns]]:
    """The best of all passes, and the plans of the last; at least one pass is made, whatever the time."""
    prices = first_prices(model, held)
    best = price(model, prices)
    is_short = _filled(model, held) < model.demand
    step = np.append(np.where(is_short, SHORT[1], FULL[1]) * model.cap, KEPT[1] * model.unit)
    line, kept, turn = prices.line, prices.kept, np.zeros(model.lines + 1)
    harvest: list[Columns] = []
    priced = best
    for number in range(passes):
        if number >= passes - HARVESTED:
            harvest.append(columns_of(model, priced.chosen))
        if course.is_over():
            break
        line, kept, step, turn = _step(model, priced.chosen, line, kept, step, turn)
        priced = price(model, Prices(line, prices.link, kept))
        if priced.bound < best.bound:
            best = priced
        if number % 20 == 0:
            course.tell("prices", number / passes)
    return best, harvest


def _step(
    model: Model, chosen: Flags, line: Floats, kept: float, step: Floats, turn: Floats
) -> tuple[Floats, float, Floats, Floats]:
    """The next prices, the next steps, and which way they went; what pays for keeping stands behind the lines."""
    lacking = model.kept_min - model.stands[chosen].sum()
    now = np.sign(np.append(_filled(model, chosen) - model.demand, lacking))
    stays = now * turn
    step = np.where(stays > 0, np.minimum(FASTER * step, model.unit), np.where(stays < 0, SLOWER * step, step))
    step = np.maximum(step, FLOOR * model.unit)
    moved = now * step
    pays = float(np.clip(kept + moved[-1], 0.0, KEEP_PRICE_MAX)) if model.limits_changes else 0.0
    return np.clip(line + moved[:-1], 0.0, model.cap + pays), pays, step, now


def _filled(model: Model, chosen: Flags) -> Floats:
    return np.bincount(model.pair_line[chosen], minlength=model.lines).astype(np.float64)
