"""Every plan of a person that gives almost as much as their best, at given prices.

A whole that is better than the one at hand by the bound's account can only be made of such plans: what a person's plan
gives less than their best comes off the bound. Where these plans are few enough to be written down, the integer program
over them has the best plan there is among its solutions (Baldacci, Christofides and Mingozzi 2008).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from xinshi.scheduling.solver.columns import Columns
from xinshi.scheduling.solver.compiled import compiled
from xinshi.scheduling.solver.model import DAY, END, START, Floats, Model
from xinshi.scheduling.solver.pricing import DAY_MAX, FORCE, Priced, limits_of, may_follow, reduced_values
from xinshi.scheduling.solver.problem import Ints

PLANS_MAX: Final = 30_000
TRIES_MAX: Final = 20_000_000
MEMBERS_EACH: Final = 8


def near_plans(model: Model, priced: Priced, loss: float) -> Columns | None:
    """All plans that give at most `loss` less than their person's best; None where there are too many to be of use."""
    locked = model.pair_is_locked
    value = reduced_values(model, priced.prices) + FORCE * locked
    forced = FORCE * np.bincount(model.pair_person[locked], minlength=model.people)
    least = priced.best + forced - loss
    first = np.zeros(PLANS_MAX + 1, np.int64)
    owner = np.zeros(PLANS_MAX, np.int64)
    member = np.zeros(PLANS_MAX * MEMBERS_EACH, np.int64)
    people = (model.first_pair, model.minutes_max, model.shifts_max, model.bonus, least)
    rules = (value, model.facts, model.travel_minutes, limits_of(model))
    plans = _write_down(*people, *rules, loss, owner, first, member)
    if plans < 0:
        return None
    return Columns(owner[:plans], first[: plans + 1], member[: first[plans]])


@compiled
def _write_down(
    first_pair: Ints,
    minutes_max: Ints,
    shifts_max: Ints,
    bonus: Floats,
    least: Floats,
    value: Floats,
    facts: Ints,
    travel: Ints,
    limits: Ints,
    loss: float,
    owner: Ints,
    first: Ints,
    member: Ints,
) -> int:
    """Fill `owner`, `first` and `member`; the number of plans, or −1 where they have no room or it takes too long."""
    plans, tries = 0, 0
    for v in range(shifts_max.size):
        found = np.empty(first_pair[v + 1] - first_pair[v], np.int64)
        m = 0
        for j in range(first_pair[v], first_pair[v + 1]):
            # Without this pair the plan would give the best at most, so it must not take away more than the loss.
            if value[j] + bonus[v, 0] >= -loss:
                found[m] = j
                m += 1
        rest = np.empty(m + 1)
        rest[m] = -np.inf
        for q in range(m - 1, -1, -1):
            rest[q] = max(rest[q + 1], value[found[q]])
        most = (minutes_max[v], min(shifts_max[v], m))
        plans, tries = _of_person(
            v,
            found[:m],
            rest,
            most,
            bonus[v],
            least[v],
            facts,
            value,
            travel,
            limits,
            tries,
            plans,
            owner,
            first,
            member,
        )
        if plans < 0:
            return -1
    return plans


@compiled
def _of_person(
    person: int,
    found: Ints,
    rest: Floats,
    most: tuple[int, int],
    steps: Floats,
    least: float,
    facts: Ints,
    value: Floats,
    travel: Ints,
    limits: Ints,
    tries: int,
    plans: int,
    owner: Ints,
    first: Ints,
    member: Ints,
) -> tuple[int, int]:
    """Write the plans of one person behind the others, depth first; the new numbers of plans and of tries."""
    deepest = most[1]
    following, path = np.zeros(deepest + 1, np.int64), np.zeros(deepest + 1, np.int64)
    minutes, on_day, gain = np.zeros(deepest + 1, np.int64), np.zeros(deepest + 1, np.int64), np.zeros(deepest + 1)
    depth = 0
    while depth >= 0:
        q = following[depth]
        if q >= found.size or depth >= deepest:
            depth -= 1
            continue
        following[depth] += 1
        tries += 1
        j = found[q]
        spent, today = minutes[depth] + facts[j, END] - facts[j, START], 1
        if depth > 0:
            before = path[depth - 1]
            if not may_follow(before, j, facts, travel, limits):
                continue
            today = on_day[depth] + 1 if facts[before, DAY] == facts[j, DAY] else 1
        if spent > most[0] or today > limits[DAY_MAX]:
            continue
        gives = gain[depth] + value[j] + steps[min(depth, steps.size - 1)]
        path[depth] = j
        if gives >= least:
            if plans >= owner.size or first[plans] + depth + 1 > member.size or tries > TRIES_MAX:
                return -1, tries
            owner[plans] = person
            member[first[plans] : first[plans] + depth + 1] = path[: depth + 1]
            first[plans + 1] = first[plans] + depth + 1
            plans += 1
        hope = max(rest[q + 1] + steps[min(depth + 1, steps.size - 1)], 0.0) * (deepest - depth - 1)
        if depth + 1 < deepest and gives + hope >= least:
            depth += 1
            following[depth], minutes[depth], on_day[depth], gain[depth] = q + 1, spent, today, gives
    return plans, tries
