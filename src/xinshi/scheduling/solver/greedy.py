"""Greedy plans: pairs taken one after another in some order, where every rule still allows it."""

from __future__ import annotations

import numpy as np

from xinshi.scheduling.solver.compiled import compiled
from xinshi.scheduling.solver.model import DAY, END, START, Flags, Floats, Model
from xinshi.scheduling.solver.pricing import DAY_MAX, limits_of, may_follow
from xinshi.scheduling.solver.problem import Ints
from xinshi.scheduling.solver.soundness import UnsoundProblem


def by_scarcity(model: Model) -> Flags:
    """The plan of a careful person with paper and pencil: urgent lines first, then scarce ones, then the best match."""
    asked = np.bincount(model.pair_line, minlength=model.lines).clip(1)
    scarcity = asked / np.maximum(model.demand, 1.0)
    urgency, line = np.floor(model.weight / model.unit), model.pair_line
    return fill(model, np.lexsort((-model.weight, line, scarcity[line], -urgency)))


def by_score(model: Model, score: Floats) -> Flags:
    """The plan that takes pairs by falling score."""
    return fill(model, np.argsort(-score, kind="stable"))


def fill(model: Model, order: Ints, standing: Flags | None = None) -> Flags:
    """What stands, the locks, and of `order` what still fits. Raises UnsoundProblem where the first two do not fit."""
    first = model.pair_is_locked if standing is None else standing | model.pair_is_locked
    due = np.flatnonzero(first)
    arrays = (model.pair_person, model.pair_line, model.first_pair, model.minutes_max, model.shifts_max)
    taken = np.zeros(model.pairs, np.bool_)
    whole = np.concatenate([due, order])
    _take(whole, *arrays, model.demand.copy(), model.facts, model.travel_minutes, limits_of(model), taken)
    if not taken[due].all():
        raise UnsoundProblem("what is locked or stands breaks a rule of its people or exceeds its places")
    return taken


@compiled
def _fits(j: int, mine: Ints, facts: Ints, travel: Ints, limits: Ints) -> bool:
    """Whether a person who holds the pairs `mine` could take j besides, as far as order and days go."""
    before, after, on_day = -1, -1, 1
    for i in mine:
        if facts[i, DAY] == facts[j, DAY]:
            on_day += 1
        if facts[i, START] <= facts[j, START]:
            if before < 0 or facts[i, START] > facts[before, START]:
                before = i
        elif after < 0 or facts[i, START] < facts[after, START]:
            after = i
    if on_day > limits[DAY_MAX]:
        return False
    if before >= 0 and not may_follow(before, j, facts, travel, limits):
        return False
    return after < 0 or may_follow(j, after, facts, travel, limits)


@compiled
def _take(
    order: Ints,
    person: Ints,
    line: Ints,
    first_pair: Ints,
    minutes_max: Ints,
    shifts_max: Ints,
    places: Floats,
    facts: Ints,
    travel: Ints,
    limits: Ints,
    taken: Flags,
) -> None:
    """Mark in `taken` what is taken; `places` is used up."""
    mine = np.empty(person.size, np.int64)
    count, minutes = np.zeros(minutes_max.size, np.int64), np.zeros(minutes_max.size, np.int64)
    for j in order:
        v, length = person[j], facts[j, END] - facts[j, START]
        if taken[j] or places[line[j]] <= 0 or count[v] >= shifts_max[v] or minutes[v] + length > minutes_max[v]:
            continue
        at = first_pair[v]
        if _fits(j, mine[at : at + count[v]], facts, travel, limits):
            mine[at + count[v]] = j
            count[v] += 1
            minutes[v] += length
            places[line[j]] -= 1
            taken[j] = True
