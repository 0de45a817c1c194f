"""Pricing: the best plan of every single person at given prices, by a dynamic program that keeps every personal rule.

A person's plan grows shift by shift, in order of start. A label is a plan that ends with a given shift: how many shifts,
how many on its last day, how many minutes, what it gives. One label makes another needless that is not better in any of
these (Feillet et al., "An exact algorithm for the elementary shortest path problem with resource constraints", 2004);
that holds because fairness falls with every further shift. So the search is exact, and the sum over all people with the
prices of all places bounds every plan there is (Lagrange).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.solver.compiled import compiled
from xinshi.scheduling.solver.model import (
    DAY,
    END,
    HARD,
    KEEP_PRICE_MAX,
    PRICE_STEPS,
    SITE,
    START,
    Flags,
    Floats,
    Model,
)
from xinshi.scheduling.solver.problem import Ints

FORCE: Final = float(2**24)
"""Added to what must be in the plan, and taken off again: more than all other shifts of a person can give."""
COUNT, ON_DAY, MINUTES, PAIR, BEFORE = range(5)
REST, REST_AFTER_HARD, SAME_DAY_GAP, DAY_MAX, WAY_MATTERS = range(5)
THREADS: Final = 2
PAIRS_A_THREAD_MIN: Final = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What a place of each line costs, what each row of each link pays, and what keeping what stood before pays."""

    line: Floats
    link: Floats
    kept: float = 0.0

    def mixed(self, other: Prices, share: float) -> Prices:
        """`share` of the other, the rest of this."""
        return Prices(
            share * other.line + (1 - share) * self.line,
            share * other.link + (1 - share) * self.link,
            share * other.kept + (1 - share) * self.kept,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Everybody's best plan at some prices; `bound`: no plan of the whole is worth more."""

    prices: Prices
    bound: float
    chosen: Flags
    """[E]."""
    best: Floats
    """[P]: what each person's plan gives beyond the prices."""


def exact(model: Model, prices: Prices) -> Prices:
    """The nearest prices at which all sums are exact; none is negative, none above what its line can give."""
    kept = (
        min(max(round(prices.kept * PRICE_STEPS) / PRICE_STEPS, 0.0), KEEP_PRICE_MAX) if model.limits_changes else 0.0
    )
    line = np.clip(np.round(prices.line * PRICE_STEPS) / PRICE_STEPS, 0.0, model.cap + kept)
    link = np.clip(np.round(prices.link * PRICE_STEPS) / PRICE_STEPS, 0.0, model.team_bonus)
    return Prices(line, link, kept)


def price(model: Model, wanted: Prices) -> Priced:
    """Everybody's best plan at the exact prices nearest to `wanted`, and the bound that follows."""
    prices = exact(model, wanted)
    value = reduced_values(model, prices)
    chosen = np.zeros(model.pairs, np.uint8)
    best = np.zeros(model.people)
    _best_plans(model, value, chosen, best)
    bound = float(best.sum() + (prices.line * model.demand).sum() - prices.kept * model.kept_min)
    if model.links:
        bound += float(np.maximum(model.team_bonus - prices.link[0::2] - prices.link[1::2], 0.0).sum())
    return Priced(prices, bound, chosen.astype(np.bool_), best)


def reduced_values(model: Model, prices: Prices) -> Floats:
    """[E]: what each pair gives beyond the price of its place, with what its links and its having stood before pay."""
    value = model.weight - prices.line[model.pair_line] + prices.kept * model.stands
    if model.links:
        value += np.bincount(model.link_pair, weights=prices.link[model.link_row], minlength=model.pairs)
    return value


def limits_of(model: Model) -> Ints:
    """The rules as the compiled loops read them, in the order REST to WAY_MATTERS."""
    rules = model.rules
    gaps = (rules.rest_minutes, rules.rest_after_hard_minutes, rules.same_day_gap_minutes)
    return np.array([*gaps, rules.shifts_a_day_max, model.way_matters], np.int64)


def _best_plans(model: Model, reduced: Floats, chosen: NDArray[np.uint8], best: Floats) -> None:
    """Fill `chosen` and `best`; large models on two threads, each with its own people, so that the answer is the same."""
    value = reduced + FORCE * model.pair_is_locked
    forced = FORCE * np.bincount(model.pair_person[model.pair_is_locked], minlength=model.people)
    people = (model.first_pair, model.minutes_max, model.shifts_max, model.bonus, forced)
    arrays: tuple[Any, ...] = (*people, value, model.facts, model.travel_minutes, limits_of(model), chosen, best)
    parts = THREADS if model.pairs >= THREADS * PAIRS_A_THREAD_MIN else 1
    borders = np.searchsorted(model.first_pair, np.linspace(0, model.pairs, parts + 1)).clip(0, model.people)
    borders[0], borders[-1] = 0, model.people
    if parts == 1:
        _search_people(0, model.people, *arrays)
        return
    with ThreadPoolExecutor(parts) as threads:
        tasks = [threads.submit(_search_people, int(a), int(b), *arrays) for a, b in pairwise(borders)]
        for task in tasks:
            task.result()


@compiled
def may_follow(earlier: int, later: int, facts: Ints, travel: Ints, limits: Ints) -> bool:
    """Whether a person may serve `later` next after `earlier`."""
    way = travel[facts[earlier, SITE], facts[later, SITE]] if limits[WAY_MATTERS] else 0
    if facts[earlier, DAY] == facts[later, DAY]:
        if limits[DAY_MAX] == 1:
            return False
        due = limits[SAME_DAY_GAP] + way
    else:
        due = max(limits[REST], way)
    if facts[earlier, HARD]:
        due = max(due, limits[REST_AFTER_HARD])
    return bool(facts[later, START] - facts[earlier, END] >= due)


@compiled
def _candidates(a: int, b: int, first_bonus: float, value: Floats, facts: Ints, way_matters: int, found: Ints) -> int:
    """Write the pairs from `a` to `b`−1 that can be in a best plan into `found`; the number of them.

    A pair that gives nothing even as the first never helps; of pairs alike to every rule only the best can.
    """
    number = 0
    for j in range(a, b):
        if value[j] + first_bonus <= 0:
            continue
        back = number - 1
        while back >= 0 and facts[found[back], START] == facts[j, START]:
            i = found[back]
            alike = (
                facts[i, END] == facts[j, END] and facts[i, HARD] == facts[j, HARD] and facts[i, DAY] == facts[j, DAY]
            )
            if alike and (not way_matters or facts[i, SITE] == facts[j, SITE]):
                break
            back -= 1
        if back >= 0 and facts[found[back], START] == facts[j, START]:
            if value[j] > value[found[back]]:
                found[back] = j
        else:
            found[number] = j
            number += 1
    return number


@compiled
def _keep(labels: Ints, gives: Floats, since: int, number: int, label: tuple[int, int, int], gain: float) -> int:
    """Make room for a label among those from `since`: the new number of labels, or −1 if one of them makes it needless."""
    count, on_day, minutes = label
    u = since
    while u < number:
        less = labels[u, COUNT] <= count and labels[u, MINUTES] <= minutes and labels[u, ON_DAY] <= on_day
        if less and gives[u] >= gain:
            return -1
        more = labels[u, COUNT] >= count and labels[u, MINUTES] >= minutes and labels[u, ON_DAY] >= on_day
        if more and gives[u] <= gain:
            number -= 1
            for field in range(5):
                labels[u, field] = labels[number, field]
            gives[u] = gives[number]
        else:
            u += 1
    return number


@compiled
def _write(
    labels: Ints, gives: Floats, at: int, label: tuple[int, int, int], pair: int, before: int, gain: float
) -> None:
    labels[at, COUNT], labels[at, ON_DAY], labels[at, MINUTES] = label
    labels[at, PAIR], labels[at, BEFORE] = pair, before
    gives[at] = gain


@compiled
def _room(labels: Ints, gives: Floats, number: int) -> tuple[Ints, Floats]:
    """The same labels with room for one more, where it ran out."""
    if number < gives.size:
        return labels, gives
    more_labels = np.empty((2 * gives.size, 5), np.int64)
    more_gives = np.empty(2 * gives.size)
    more_labels[:number] = labels[:number]
    more_gives[:number] = gives[:number]
    return more_labels, more_gives


@compiled
def _extend(
    q: int,
    found: Ints,
    since: Ints,
    labels: Ints,
    gives: Floats,
    own: float,
    steps: Floats,
    most: tuple[int, int],
    facts: Ints,
    travel: Ints,
    limits: Ints,
) -> tuple[int, Ints, Floats]:
    """Labels of the plans that end with candidate q, written behind those of the earlier ones; their new number.

    `steps`: the person's fairness; `most`: their minutes and shifts at most.
    """
    number, j = since[q], found[q]
    length = facts[j, END] - facts[j, START]
    if length > most[0]:
        return number, labels, gives
    labels, gives = _room(labels, gives, number)
    _write(labels, gives, number, (1, 1, length), j, -1, own + steps[0])
    number += 1
    for p in range(q if most[1] > 1 else 0):
        if not may_follow(found[p], j, facts, travel, limits):
            continue
        same_day = facts[found[p], DAY] == facts[j, DAY]
        for t in range(since[p], since[p + 1]):
            count, minutes = labels[t, COUNT] + 1, labels[t, MINUTES] + length
            on_day = labels[t, ON_DAY] + 1 if same_day else 1
            if count > most[1] or minutes > most[0] or on_day > limits[DAY_MAX]:
                continue
            gain = gives[t] + own + steps[min(count, steps.size) - 1]
            kept = _keep(labels, gives, since[q], number, (count, on_day, minutes), gain)
            if kept >= 0:
                labels, gives = _room(labels, gives, kept)
                _write(labels, gives, kept, (count, on_day, minutes), j, t, gain)
                number = kept + 1
    return number, labels, gives


@compiled
def _search_people(
    low: int,
    high: int,
    first_pair: Ints,
    minutes_max: Ints,
    shifts_max: Ints,
    bonus: Floats,
    forced: Floats,
    value: Floats,
    facts: Ints,
    travel: Ints,
    limits: Ints,
    chosen: NDArray[np.uint8],
    best: Floats,
) -> None:
    """The best plans of the people from `low` to `high`−1."""
    most = 1
    for v in range(low, high):
        most = max(most, first_pair[v + 1] - first_pair[v])
    found, since = np.empty(most, np.int64), np.zeros(most + 1, np.int64)
    labels, gives = np.empty((1024, 5), np.int64), np.empty(1024)
    for v in range(low, high):
        candidates = 0
        if shifts_max[v] > 0:
            a, b = first_pair[v], first_pair[v + 1]
            candidates = _candidates(a, b, bonus[v, 0], value, facts, limits[WAY_MATTERS], found)
        at, gain = -1, 0.0
        for q in range(candidates):
            number, labels, gives = _extend(
                q,
                found,
                since,
                labels,
                gives,
                value[found[q]],
                bonus[v],
                (minutes_max[v], shifts_max[v]),
                facts,
                travel,
                limits,
            )
            since[q + 1] = number
            for t in range(since[q], number):
                if gives[t] > gain:
                    gain, at = gives[t], t
        best[v] = gain - forced[v]
        while at >= 0:
            chosen[labels[at, PAIR]] = 1
            at = labels[at, BEFORE]
