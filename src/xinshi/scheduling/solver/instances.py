"""Invented problems, each from a seed: a hospital's week of any size, a vaccination surge, a planned week with drop-outs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from xinshi.scheduling.solver.problem import Ints, Problem, Rules

HAS_SKILL: Final = np.array([0.95, 0.9, 0.9, 0.7, 0.5, 0.30, 0.22, 0.15, 0.10, 0.06, 0.05, 0.04, 0.035, 0.02])
"""For each of the roles, from guiding to translating: the share of people who may serve in it."""
IS_ASKED: Final = np.array([0.16, 0.13, 0.11, 0.10, 0.10, 0.09, 0.08, 0.07, 0.05, 0.035, 0.03, 0.02, 0.015, 0.01])
WINDOWS: Final = np.array([(7, 13), (12, 18), (17, 23), (8, 18), (6, 24), (21, 31)]) * 60
"""Parts of a day in which people have time, as minutes of it."""
PAIRS_EACH_MAX: Final = 60
MINUTES_A_KILOMETRE: Final = 4
DAY: Final = 24 * 60


def week(size: float = 1.0, *, seed: int = 1, people_share: float = 1.0, rules: Rules | None = None) -> Problem:
    """A week of `size` × 600 shifts at 12 sites and 4,000 people; `people_share` below 1 makes people scarce."""
    random = np.random.default_rng([seed, int(size * 1000), int(people_share * 1000)])
    people, shifts, sites = int(4_000 * size * people_share), int(600 * size), max(1, int(12 * size))
    day = np.sort(random.choice(7, shifts, p=[0.15, 0.15, 0.15, 0.15, 0.15, 0.14, 0.11]))
    hour = random.choice(
        [7, 8, 9, 12, 13, 14, 17, 18, 22], shifts, p=[0.1, 0.14, 0.14, 0.12, 0.14, 0.1, 0.12, 0.09, 0.05]
    )
    length = np.where(hour == 22, 8, random.choice([3, 4, 5, 6], shifts, p=[0.25, 0.45, 0.15, 0.15]))
    order = np.lexsort((hour, day))
    times = _Times(day[order], hour[order] * 60, length[order] * 60, random.integers(0, sites, shifts))
    places = random.choice(
        [2, 3, 4, 5, 6, 7, 8, 10, 12], shifts, p=[0.14, 0.18, 0.18, 0.15, 0.12, 0.08, 0.07, 0.05, 0.03]
    )
    roles = np.minimum(places, random.choice([1, 2, 3], shifts, p=[0.4, 0.4, 0.2]))
    lines = _split(random, places, roles, random.choice([1, 2, 3], shifts, p=[0.6, 0.3, 0.1]))
    crowd = _crowd(random, people, side=30 * np.sqrt(size), days=7, windows=[0.12, 0.25, 0.25, 0.2, 0.1, 0.0, 0.08])
    name = f"week x{size:g}" if people_share == 1 else f"tight week x{size:g}"
    return _assembled(random, name, times, lines, crowd, sites, team_pairs=int(100 * size), rules=rules)


def tight(*, seed: int = 1, size: float = 1.0) -> Problem:
    """A week with less than half of the people."""
    return week(size, seed=seed, people_share=0.45)


def surge(size: float = 1.0, *, seed: int = 2, rules: Rules | None = None) -> Problem:
    """Three days of vaccination at 8 sites: 6,000 people and some 2,000 places, times `size`."""
    random = np.random.default_rng([seed, int(size * 1000), 3])
    people, sites = int(6_000 * size), max(1, int(8 * size))
    kinds = np.array([(7, 6), (8, 4), (8, 10), (12, 4), (13, 6), (16, 5)])
    day, kind, site = (grid.ravel() for grid in np.meshgrid(range(3), range(6), range(sites), indexing="ij"))
    times = _Times(day, kinds[kind, 0] * 60, kinds[kind, 1] * 60, site)
    asked = [(0, 5.0, 1), (3, 3.0, 1), (5, 2.2, 2), (8, 2.0, 2), (12, 1.8, 3)]
    role, mean, priority = (np.tile(column, day.size) for column in zip(*asked, strict=True))
    demand = np.maximum(1, random.poisson(mean))
    lines = _Lines(np.repeat(np.arange(day.size), len(asked)), role.astype(np.int64), demand, priority.astype(np.int64))
    crowd = _crowd(random, people, side=30 * np.sqrt(size), days=3, windows=[0.6, 0.3, 0.1])
    return _assembled(random, f"surge x{size:g}", times, lines, crowd, sites, team_pairs=int(150 * size), rules=rules)


def after_dropping_out(problem: Problem, chosen: Ints, *, share: float = 0.05, seed: int = 7) -> tuple[Problem, Ints]:
    """The problem without `share` of the people who serve, what is left of the plan as its baseline, and who they are."""
    random = np.random.default_rng([seed, 5])
    serving = np.unique(problem.pair_person[chosen])
    gone = np.sort(random.choice(serving, int(share * serving.size), replace=False))
    stays = ~np.isin(problem.pair_person, gone)
    name = np.cumsum(stays) - 1
    left = replace(
        problem,
        name=f"{problem.name}, {share:.0%} dropped out",
        pair_person=problem.pair_person[stays],
        pair_line=problem.pair_line[stays],
        pair_value=problem.pair_value[stays],
        locks=name[problem.locks[stays[problem.locks]]],
        baseline=name[chosen[stays[chosen]]],
    )
    return left, gone


@dataclass(frozen=True, slots=True)
class _Times:
    """Shifts, by start: day, minute of the day, minutes, site."""

    day: Ints
    minute: Ints
    length: Ints
    site: Ints

    @property
    def start(self) -> Ints:
        return self.day * DAY + self.minute


@dataclass(frozen=True, slots=True)
class _Lines:
    shift: Ints
    role: Ints
    demand: Ints
    priority: Ints


@dataclass(frozen=True, slots=True)
class _Crowd:
    home: NDArray[np.float64]
    radius: NDArray[np.float64]
    has_skill: NDArray[np.bool_]
    interest: NDArray[np.float64]
    free: NDArray[np.bool_]
    """[people, days, WINDOWS]"""
    likes_minute: Ints
    side: float


def _split(random: Generator, places: Ints, roles: Ints, priority: Ints) -> _Lines:
    """Each shift's places over so many different roles, at least one place each; rare skills are asked twice at most."""
    shift = np.repeat(np.arange(places.size), roles)
    first = np.cumsum(roles) - roles
    # Of all roles in a random order weighted by how often they are asked (Efraimidis and Spirakis), the first ones.
    order = np.argsort(random.exponential(size=(places.size, IS_ASKED.size)) / IS_ASKED, axis=1)
    role = order[shift, np.arange(shift.size) - first[shift]]
    demand = np.ones(shift.size, np.int64)
    further = np.repeat(np.arange(places.size), places - roles)
    np.add.at(demand, first[further] + random.integers(0, roles[further]), 1)
    rare = HAS_SKILL[role] <= 0.15
    return _Lines(shift, role, np.where(rare, np.minimum(demand, 2), demand), priority[shift])


def _crowd(random: Generator, people: int, *, side: float, days: int, windows: list[float]) -> _Crowd:
    """`windows`: the shares of people who have time on one, two, … days, in one part of each."""
    has_skill = random.random((people, HAS_SKILL.size)) < HAS_SKILL
    has_skill[~has_skill.any(axis=1), 0] = True
    count = random.choice(np.arange(1, len(windows) + 1), people, p=windows)
    is_day = np.argsort(np.argsort(random.random((people, days)), axis=1), axis=1) < count[:, None]
    shares = [0.22, 0.22, 0.2, 0.2, 0.12, 0.04] if days > 3 else [0.25, 0.25, 0.2, 0.2, 0.1, 0.0]
    part = random.choice(len(WINDOWS), (people, days), p=shares)
    free = np.zeros((people, days, len(WINDOWS)), np.bool_)
    who, when = np.nonzero(is_day)
    free[who, when, part[who, when]] = True
    return _Crowd(
        random.random((people, 2)) * side,
        random.choice([5.0, 8.0, 10.0, 15.0, 20.0], people, p=[0.15, 0.3, 0.3, 0.15, 0.1]),
        has_skill,
        random.random((people, HAS_SKILL.size)),
        free,
        random.choice([8, 13, 17], people) * 60,
        side,
    )


def _possible(times: _Times, lines: _Lines, crowd: _Crowd, distance: NDArray[np.float64]) -> tuple[Ints, Ints]:
    """People and lines of all pairs: within reach, inside a part of the day they have, with the skill."""
    reach = distance < crowd.radius[:, None]
    reach[np.arange(len(reach)), distance.argmin(axis=1)] = True
    ends = times.minute + times.length
    people: list[Ints] = []
    found: list[Ints] = []
    for part, (begins, closes) in enumerate(WINDOWS):
        inside = (times.minute >= begins) & (ends <= closes)
        for day in range(crowd.free.shape[1]):
            open_lines = np.flatnonzero(inside[lines.shift] & (times.day[lines.shift] == day))
            who = np.flatnonzero(crowd.free[:, day, part])
            site = times.site[lines.shift[open_lines]]
            row, column = np.nonzero(reach[np.ix_(who, site)] & crowd.has_skill[np.ix_(who, lines.role[open_lines])])
            people.append(who[row])
            found.append(open_lines[column])
    return np.concatenate(people), np.concatenate(found)


def _assembled(
    random: Generator,
    name: str,
    times: _Times,
    lines: _Lines,
    crowd: _Crowd,
    sites: int,
    *,
    team_pairs: int,
    rules: Rules | None,
) -> Problem:
    people = crowd.radius.size
    where = random.random((sites, 2)) * crowd.side
    distance = np.hypot(*(crowd.home[:, None, :] - where[None, :, :]).transpose(2, 0, 1))
    minutes_max = random.choice([4, 5, 6, 8, 10, 12, 16], people, p=[0.2, 0.15, 0.15, 0.2, 0.12, 0.12, 0.06]) * 60
    person, line = _possible(times, lines, crowd, distance)
    fits = times.length[lines.shift[line]] <= minutes_max[person]
    person, line = person[fits], line[fits]
    value = _values(random, times, lines, crowd, distance, person, line)
    kept = _at_most(random, person, value, people)
    person, line, value = person[kept], line[kept], value[kept]
    order = np.lexsort((line, times.start[lines.shift[line]], person))
    person, line, value = person[order], line[order], value[order]
    between = np.hypot(*(where[:, None, :] - where[None, :, :]).transpose(2, 0, 1))
    served_lately = np.clip(30 - 2 * random.poisson(4, people), 4, 30)
    steps = (served_lately, served_lately // 2, np.zeros_like(served_lately), np.full_like(served_lately, -5))
    return Problem(
        name=name,
        shift_start=times.start,
        shift_end=times.start + times.length,
        shift_day=times.day,
        shift_site=times.site,
        shift_is_hard=times.length >= 10 * 60,
        line_shift=lines.shift,
        line_demand=lines.demand,
        line_priority=lines.priority,
        person_minutes_max=minutes_max,
        person_shifts_max=random.choice([1, 2, 3, 4], people, p=[0.35, 0.35, 0.2, 0.1]),
        fairness=np.stack(steps, axis=1),
        pair_person=person,
        pair_line=line,
        pair_value=value,
        team_pairs=_teams(random, person, line, lines, team_pairs),
        travel_minutes=np.rint(between * MINUTES_A_KILOMETRE).astype(np.int64),
        rules=rules or Rules(),
    )


def _values(
    random: Generator,
    times: _Times,
    lines: _Lines,
    crowd: _Crowd,
    distance: NDArray[np.float64],
    person: Ints,
    line: Ints,
) -> Ints:
    """0 to 100: interest, nearness, the hour they like, and something nobody knows."""
    shift = lines.shift[line]
    near = np.clip(1 - distance[person, times.site[shift]] / crowd.radius[person], 0, 1)
    likes = np.abs(times.minute[shift] - crowd.likes_minute[person]) < 3 * 60
    value = 40 * crowd.interest[person, lines.role[line]] + 30 * near + 20 * random.random(person.size) + 10 * likes
    whole: Ints = np.clip(np.rint(value), 0, 100).astype(np.int64)
    return whole


def _at_most(random: Generator, person: Ints, value: Ints, people: int) -> Ints:
    """The pairs that stay when nobody has more than PAIRS_EACH_MAX; the better ones more likely."""
    order = np.lexsort((-(value + 30 * random.random(value.size)), person))
    first = np.searchsorted(person[order], np.arange(people))
    kept: Ints = order[np.arange(order.size) - first[person[order]] < PAIRS_EACH_MAX]
    return kept


def _teams(random: Generator, person: Ints, line: Ints, lines: _Lines, wanted: int) -> Ints:
    """Pairs of people who could serve together at some line, nobody in two."""
    order = np.lexsort((random.random(person.size), line))
    by_line = line[order]
    first = np.searchsorted(by_line, np.arange(lines.shift.size + 1))
    busy: set[int] = set()
    found: list[tuple[int, int]] = []
    for at in random.permutation(lines.shift.size):
        if len(found) == wanted:
            break
        if first[at + 1] - first[at] >= 2:
            one, other = (int(v) for v in person[order[first[at] : first[at] + 2]])
            if one not in busy and other not in busy:
                busy |= {one, other}
                found.append((min(one, other), max(one, other)))
    return np.array(sorted(found), np.int64).reshape(-1, 2)
