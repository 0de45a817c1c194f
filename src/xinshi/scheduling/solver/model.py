"""The problem in the shape that the column generation works on: what a pair is worth, what binds people, parts of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.solver.problem import KEEP_BONUS, PRIORITY_WEIGHT, TEAM_BONUS, Ints, Problem, Rules

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAY, START, END, SITE, HARD = range(5)
PRICE_STEPS: Final = float(2**20)
"""Prices are whole multiples of one part in this many: so every sum over them is exact, and the bound is a proof."""
KEEP_PRICE_MAX: Final = float(2**15)
"""No kept assignment is paid more: far beyond what a chain of changes can give, and small enough for exact sums."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """P people, L lines, E pairs. Worths are whole numbers kept as floats; `unit` is what a place of priority 1 gives.

    A link stands for a team pair at a shift both could take: link t has the rows 2t and 2t+1, one for each of the two.
    `link_pair` and `link_row` say which pairs count in which row.
    """

    demand: Floats
    cap: Floats
    """[L]: no sensible price of a line is higher."""
    first_pair: Ints
    """[P+1]: the pairs of person p are first_pair[p] to first_pair[p+1]−1."""
    pair_person: Ints
    pair_line: Ints
    facts: Ints
    """[E, 5]: day, start, end, site and hardness of the pair's shift, in the columns DAY, START, END, SITE, HARD."""
    pair_is_locked: Flags
    weight: Floats
    """[E]: what the pair gives, apart from fairness and teams."""
    bonus: Floats
    """[P, FAIRNESS_STEPS]."""
    minutes_max: Ints
    shifts_max: Ints
    travel_minutes: Ints
    rules: Rules
    way_matters: bool
    """Whether a way can be longer than the rest that is due anyhow."""
    link_pair: Ints
    link_row: Ints
    links: int
    stands: Floats
    """[E]: 1 for what stood before, where changes are limited."""
    kept_min: float
    """So much of it must stay; 0 where changes are not limited."""
    team_bonus: float
    unit: float

    @property
    def people(self) -> int:
        return self.minutes_max.size

    @property
    def lines(self) -> int:
        return self.demand.size

    @property
    def pairs(self) -> int:
        return self.pair_line.size

    @property
    def links_end(self) -> int:
        """How many rows lines, people and links have together."""
        return self.lines + self.people + 2 * self.links

    @property
    def limits_changes(self) -> bool:
        return self.kept_min > 0

    @property
    def has_locks(self) -> Flags:
        """[P]: who has something that must be in the plan."""
        found = np.zeros(self.people, np.bool_)
        found[self.pair_person[self.pair_is_locked]] = True
        return found


def model_of(problem: Problem) -> Model:
    """The model of a sound problem; see `soundness.require_sound`."""
    shift = problem.line_shift[problem.pair_line]
    priority = problem.line_priority[problem.pair_line]
    weight = (PRIORITY_WEIGHT * priority + problem.pair_value).astype(np.float64)
    weight[problem.baseline] += KEEP_BONUS
    locked = np.zeros(shift.size, np.bool_)
    locked[problem.locks] = True
    people = problem.person_shifts_max.size
    link_pair, link_row, links = _links(problem, shift)
    stands, kept_min = _limit(problem)
    bonus = problem.fairness.astype(np.float64)
    rules, travel = problem.rules, problem.travel_minutes
    longest = int(travel.max()) if travel.size else 0
    model = Model(
        demand=problem.line_demand.astype(np.float64),
        cap=np.zeros(problem.line_demand.size),
        first_pair=np.searchsorted(problem.pair_person, np.arange(people + 1)).astype(np.int64),
        pair_person=problem.pair_person,
        pair_line=problem.pair_line,
        facts=_facts(problem)[shift],
        pair_is_locked=locked,
        weight=weight,
        bonus=bonus,
        minutes_max=problem.person_minutes_max,
        shifts_max=problem.person_shifts_max,
        travel_minutes=np.ascontiguousarray(travel),
        rules=rules,
        way_matters=longest > (rules.rest_minutes if rules.shifts_a_day_max == 1 else 0),
        link_pair=link_pair,
        link_row=link_row,
        links=links,
        stands=stands,
        kept_min=kept_min,
        team_bonus=float(TEAM_BONUS),
        unit=float(PRIORITY_WEIGHT),
    )
    return replace(model, cap=_caps(model))


def coverage_model(model: Model) -> Model:
    """The same people and rules, where only filled places count, each by its priority."""
    none = np.zeros(0, np.int64)
    weight = np.floor(model.weight / model.unit)
    bare = replace(model, weight=weight, bonus=np.zeros_like(model.bonus), unit=1.0)
    bare = replace(bare, link_pair=none, link_row=none, links=0, team_bonus=0.0)
    return replace(bare, cap=_caps(bare))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some people and some lines as a model of their own, and what its rows and pairs are called in the whole."""

    model: Model
    people: Ints
    lines: Ints
    pairs: Ints
    links: Ints


def part_of(model: Model, *, people: Flags, lines: Flags) -> Part:
    """The part of a model that has only these people and lines; links stay where both of the two are in it.

    A limit on changes binds the whole alone.
    """
    pairs = np.flatnonzero(people[model.pair_person] & lines[model.pair_line])
    line_name = np.cumsum(lines) - 1
    kept_people = np.flatnonzero(people)
    counts = np.bincount(model.pair_person[pairs], minlength=model.people)[kept_people]
    inside = np.zeros(model.pairs, np.bool_)
    inside[pairs] = True
    pair_name = np.cumsum(inside) - 1
    entry = inside[model.link_pair]
    has_row = np.zeros(2 * model.links, np.bool_)
    has_row[model.link_row[entry]] = True
    linked = has_row[0::2] & has_row[1::2]
    links = np.flatnonzero(linked)
    link_name = np.cumsum(linked) - 1
    entry &= linked[model.link_row // 2]
    return Part(
        replace(
            model,
            demand=model.demand[lines],
            cap=model.cap[lines],
            first_pair=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            pair_person=np.repeat(np.arange(kept_people.size), counts),
            pair_line=line_name[model.pair_line[pairs]],
            bonus=model.bonus[kept_people],
            minutes_max=model.minutes_max[kept_people],
            shifts_max=model.shifts_max[kept_people],
            link_pair=pair_name[model.link_pair[entry]],
            link_row=2 * link_name[model.link_row[entry] // 2] + model.link_row[entry] % 2,
            links=links.size,
            facts=model.facts[pairs],
            pair_is_locked=model.pair_is_locked[pairs],
            weight=model.weight[pairs],
            stands=np.zeros(pairs.size),
            kept_min=0.0,
        ),
        kept_people,
        np.flatnonzero(lines),
        pairs,
        links,
    )


def _limit(problem: Problem) -> tuple[Floats, float]:
    """What stood before, as numbers of pairs, and how many of it must stay."""
    stands = np.zeros(problem.pair_line.size)
    if problem.changes_max is None or problem.changes_max >= problem.baseline.size:
        return stands, 0.0
    stands[problem.baseline] = 1.0
    return stands, float(problem.baseline.size - problem.changes_max)


def _facts(problem: Problem) -> Ints:
    """[S, 5]: what the personal rules ask of a shift."""
    columns = (problem.shift_day, problem.shift_start, problem.shift_end, problem.shift_site, problem.shift_is_hard)
    return np.column_stack([column.astype(np.int64) for column in columns])


def _caps(model: Model) -> Floats:
    """The most that anybody could give to each line: what a pair gives with its best fairness step and its teams."""
    most = model.weight + model.bonus[model.pair_person, 0] if model.pairs else model.weight.copy()
    np.add.at(most, model.link_pair, model.team_bonus)
    cap = np.zeros(model.lines)
    np.maximum.at(cap, model.pair_line, most)
    return cap


def _links(problem: Problem, shift: Ints) -> tuple[Ints, Ints, int]:
    """Pairs, rows and number of the links: one link for each team pair and shift that both of the two could take."""
    pairs: list[Ints] = []
    rows: list[Ints] = []
    links = 0
    first = np.searchsorted(problem.pair_person, np.arange(problem.person_shifts_max.size + 1))
    for one, other in problem.team_pairs:
        sides = [np.arange(first[person], first[person + 1]) for person in (one, other)]
        shared = np.intersect1d(shift[sides[0]], shift[sides[1]])
        for side, mine in enumerate(sides):
            mine_shared = mine[np.isin(shift[mine], shared)]
            pairs.append(mine_shared)
            rows.append(2 * (links + np.searchsorted(shared, shift[mine_shared])) + side)
        links += shared.size
    if not links:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), 0
    return np.concatenate(pairs), np.concatenate(rows).astype(np.int64), links
