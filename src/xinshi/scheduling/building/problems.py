"""One period as one question to the solver."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from xinshi.activities.eligibility import HeldShift, Offer, is_hard, week_of
from xinshi.activities.queries.deciding import sign_up_rules
from xinshi.activities.rules import SignUpRules
from xinshi.kernel import clock
from xinshi.scheduling.building import asking, valuing
from xinshi.scheduling.building.asking import Question
from xinshi.scheduling.building.people import NO_BOUND, Bools, laid_out
from xinshi.scheduling.building.reading import Line, Read, read
from xinshi.scheduling.building.valuing import Points
from xinshi.scheduling.domain import DAY_MINUTES, DAYS_MAX, VALUE_PARTS, NobodyToPlan, NothingToPlan, PlanSettings
from xinshi.scheduling.models import PlanningPeriod
from xinshi.scheduling.solver.problem import PRIORITY_WEIGHT, Ints, Problem, Rules
from xinshi.scheduling.weighing import Standing

PAIRS_A_PERSON_MAX: Final = 200
SHIFTS_A_PERSON_MAX: Final = 50
"""In one period; a week has fewer that anybody could serve."""
SCARCE_PEOPLE: Final = 200
"""A line for which fewer people are possible keeps all of them, however many other lines they have."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Built:
    """The question, and what the solver need not know: whom and what it is about, and of what a pair's value is made."""

    problem: Problem
    parts: Mapping[str, Ints]
    """[E] points of each of VALUE_PARTS; their sum is `problem.pair_value`."""


def build(
    period: PlanningPeriod,
    settings: PlanSettings,
    *,
    at: datetime,
    locked: Collection[tuple[int, int]] = (),
    standing: Collection[tuple[int, int]] = (),
    left_out: Collection[tuple[int, int]] = (),
    without_people: Collection[int] = (),
    known: Read | None = None,
    changes_max: int | None = None,
) -> Built:
    """The period as the solver is asked. `locked`, `standing` and `left_out` are (person, shift).

    A locked pair that is possible no more is left out: the person lost what it needs, or it breaks a rule with another
    locked one since the rules are stricter; somebody else is found.
    Nobody of `without_people` is asked, and no pair of `left_out`. `known`: what was read for the same period before.
    `changes_max`: of what stands and is possible still, beside the locks, no more than so many may be missing.
    NothingToPlan, NobodyToPlan.
    """
    found = known or read(period, at=at)
    if not found.lines:
        raise NothingToPlan
    out = set(without_people)
    people = [one for one in found.people if one.passbook_state == "active" and one.person_id not in out]
    if not people:
        raise NobodyToPlan
    held = [(row, one) for row, candidate in enumerate(people) for one in candidate.held if one.holds]
    rules = sign_up_rules()
    question = Question(
        people=laid_out(people),
        lines=found.lines,
        rules=rules,
        settings=settings,
        sites=[site_named(line.offer.place, found.sites) for line in found.lines],
        held=held,
        hard=_hard_shifts(found.lines, [one for _row, one in held], rules, settings),
    )
    built = _problem(period, question, found, locked=locked, standing=standing, left_out=left_out)
    return replace(built, problem=_with_limit(built.problem, changes_max))


def _problem(
    period: PlanningPeriod,
    question: Question,
    found: Read,
    *,
    locked: Collection[tuple[int, int]],
    standing: Collection[tuple[int, int]],
    left_out: Collection[tuple[int, int]],
) -> Built:
    people_ids = np.array([one.person_id for one in question.people.candidates], np.int64)
    shift_ids = np.array([line.offer.shift_id for line in question.lines], np.int64)
    possible, funnel = _funnel(question)
    for person, line in _places_of(left_out, people_ids, shift_ids):
        possible[person, line] = False
    points = valuing.parts(question, found)
    value = sum((points[name] for name in VALUE_PARTS), np.zeros(question.shape, np.int16))
    priority = _priority(question)
    _keep_own_day_limits(question, possible, value, priority)
    _thin_out(possible, value)
    pair_person, pair_line = np.nonzero(possible)
    index = np.full(question.shape, -1, np.int64)
    index[pair_person, pair_line] = np.arange(len(pair_person))
    starts, ends = asking.minutes(question.offers)
    midnight = int(clock.day_bounds(period.first_day)[0].timestamp()) // 60
    sites, travel = _travel(question)
    problem = Problem(
        name=f"period {period.pk}",
        shift_start=starts - midnight,
        shift_end=ends - midnight,
        shift_day=np.array([(day - period.first_day).days for day in question.days()], np.int64),
        shift_site=sites,
        shift_is_hard=np.array([line.offer.shift_id in question.hard for line in question.lines], bool),
        line_shift=np.arange(len(question.lines), dtype=np.int64),
        line_demand=np.array([line.free for line in question.lines], np.int64),
        line_priority=priority,
        person_minutes_max=_minutes_left(question),
        person_shifts_max=_shifts_left(question),
        fairness=valuing.fairness(question, found),
        pair_person=pair_person.astype(np.int64),
        pair_line=pair_line.astype(np.int64),
        pair_value=value[pair_person, pair_line].astype(np.int64),
        team_pairs=_team_pairs(question, found, people_ids),
        travel_minutes=travel,
        rules=_rules(question),
        locks=_indexes(locked, index, people_ids, shift_ids),
        baseline=_indexes(standing, index, people_ids, shift_ids),
        shift_ids=shift_ids,
        person_ids=people_ids,
        funnel=funnel,
        epoch=period.first_day.isoformat(),
    )
    problem = replace(problem, locks=_possible_together(problem, problem.locks))
    of_pairs = {name: points[name][pair_person, pair_line].astype(np.int64) for name in VALUE_PARTS}
    return Built(problem=problem, parts=of_pairs)


def _funnel(question: Question) -> tuple[Bools, Ints]:
    """[P, S] which pairs are possible, and [S, 5] how many people are left after each question."""
    able = np.ones(question.shape, bool)
    counts = []
    for ask in (asking.qualified, asking.certified, asking.reachable, asking.available, asking.within_hours):
        able &= ask(question)
        counts.append(able.sum(axis=0))
    return able, np.stack(counts, axis=1).astype(np.int64)


def _priority(question: Question) -> Ints:
    """1 to 3: more where too few come for it to be held at all, and where the coordinator said so."""
    first = set(question.settings.first_categories)
    return np.array([1 + (line.minimum > 0) + (line.category in first) for line in question.lines], np.int64)


def _rules(question: Question) -> Rules:
    rules, settings = question.rules, question.settings
    return Rules(
        rest_minutes=max(rules.rest_minutes, settings.rest_minutes),
        rest_after_hard_minutes=max(rules.recovery_minutes, settings.rest_after_hard_minutes),
        shifts_a_day_max=settings.shifts_a_day_max,
        same_day_gap_minutes=settings.same_day_gap_minutes,
    )


def _travel(question: Question) -> tuple[Ints, Ints]:
    """[S] the place of each line as a number, and the minutes between any two places."""
    names = sorted({line.offer.place.strip() for line in question.lines})
    number = {name: at for at, name in enumerate(names)}
    minutes = max(question.rules.travel_minutes, question.settings.travel_minutes)
    between = np.full((len(names), len(names)), minutes, np.int64)
    np.fill_diagonal(between, 0)
    return np.array([number[line.offer.place.strip()] for line in question.lines], np.int64), between


def _minutes_left(question: Question) -> Ints:
    monday = week_of(question.days()[0])[0]
    served, _number = asking.held_in_week(question, monday)
    bound = question.people.minutes_a_week_max
    left: Ints = np.minimum(np.maximum(0, bound - served), DAYS_MAX * DAY_MINUTES)
    return left


def _shifts_left(question: Question) -> Ints:
    monday = week_of(question.days()[0])[0]
    _served, number = asking.held_in_week(question, monday)
    bound = np.minimum(question.people.shifts_a_week_max, question.rules.shifts_a_week_max or NO_BOUND)
    return np.minimum(np.maximum(0, bound - number), SHIFTS_A_PERSON_MAX)


def _keep_own_day_limits(question: Question, possible: Bools, value: Points, priority: Ints) -> None:
    """Of who takes fewer shifts a day than the plan allows, or holds some of them already, the best ones of each day."""
    allowed = question.settings.shifts_a_day_max
    if allowed == 1:
        return
    days = np.array([day.toordinal() for day in question.days()], np.int64)
    for day in np.unique(days):
        columns = np.flatnonzero(days == day)
        held = np.zeros(question.people.number, np.int64)
        for row, one in question.held:
            held[row] += clock.local_day(one.starts_at).toordinal() == day
        left = np.minimum(allowed, question.people.shifts_a_day_max) - held
        for row in np.flatnonzero(left < allowed).tolist():
            mine = columns[possible[row, columns]]
            worth = value[row, mine] + PRIORITY_WEIGHT * priority[mine]
            keep = mine[np.argsort(-worth, kind="stable")][: max(0, int(left[row]))]
            possible[row, np.setdiff1d(mine, keep)] = False


def _thin_out(possible: Bools, value: Points) -> None:
    """Who could take very many lines keeps the ones of most value, and every line for which few people are possible."""
    many = np.flatnonzero(possible.sum(axis=1) > PAIRS_A_PERSON_MAX)
    if not len(many):
        return
    scarce = possible.sum(axis=0) <= SCARCE_PEOPLE
    for row in many.tolist():
        mine = np.flatnonzero(possible[row] & ~scarce)
        # Equal values are turned by the row, so that not everybody keeps the same lines.
        turned = np.roll(mine, row)
        order = turned[np.argsort(-value[row, turned], kind="stable")]
        possible[row, order[PAIRS_A_PERSON_MAX:]] = False


def _team_pairs(question: Question, found: Read, people_ids: Ints) -> Ints:
    if not question.settings.teams:
        return np.zeros((0, 2), np.int64)
    row = {person: at for at, person in enumerate(people_ids.tolist())}
    pairs = [(row[one], row[other]) for one, other in found.teams if one in row and other in row]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _places_of(pairs: Collection[tuple[int, int]], people_ids: Ints, shift_ids: Ints) -> list[tuple[int, int]]:
    """(row, column) of each (person, shift) that is part of the question."""
    row = {person: at for at, person in enumerate(people_ids.tolist())}
    column = {shift: at for at, shift in enumerate(shift_ids.tolist())}
    return [(row[person], column[shift]) for person, shift in pairs if person in row and shift in column]


def _indexes(pairs: Collection[tuple[int, int]], index: Ints, people_ids: Ints, shift_ids: Ints) -> Ints:
    """The pairs of these that are possible, by their place among all pairs (`index`: [P, S], -1 for none)."""
    found = {int(index[place]) for place in _places_of(pairs, people_ids, shift_ids)}
    return np.array(sorted(found - {-1}), np.int64)


def _with_limit(problem: Problem, changes_max: int | None) -> Problem:
    """The problem with a limit on changes: what stands is then only what could stay, all of it together."""
    if changes_max is None:
        return problem
    together = _possible_together(problem, np.concatenate([problem.locks, problem.baseline]))
    return replace(problem, baseline=np.intersect1d(problem.baseline, together), changes_max=changes_max)


def _possible_together(problem: Problem, pairs: Ints) -> Ints:
    """Of the pairs, in their order, those that keep every rule with the ones before and find a place."""
    standing = Standing(problem, ())
    for pair in pairs.tolist():
        is_new = pair not in standing.chosen
        if is_new and standing.empty(int(problem.pair_line[pair])) > 0 and not standing.obstacle(pair):
            standing.put_in(pair)
    return np.array(sorted(standing.chosen), np.int64)


def _hard_shifts(
    lines: Sequence[Line], held: Sequence[HeldShift], rules: SignUpRules, settings: PlanSettings
) -> frozenset[int]:
    """Shifts that are hard by the hospital's rules of signing up or by the plan's; of the lines also the dangerous ones."""
    every: list[HeldShift | Offer] = [*(line.offer for line in lines), *held]
    long = settings.hard_from_minutes
    hard = {one.shift_id for one in every if one.minutes >= long or is_hard(one, rules)}
    return frozenset(hard | {line.offer.shift_id for line in lines if line.offer.is_dangerous})


def site_named(place: str, sites: Mapping[str, tuple[str, ...]]) -> str:
    """The code of the site that a place names, the longest name first; empty where it names none."""
    named = [(len(name), code) for code, names in sites.items() for name in names if name and name in place]
    return max(named)[1] if named else ""
