"""The questions of `activities.eligibility` for every person and every line at once: [P, S] arrays of yes and no.

Each function says who passes one stage of the funnel, whatever the other stages say. Together they let through exactly
the pairs that `eligibility.refusals` lets through for somebody whom a planner asks, and who keep the plan's own rules
with what they hold already, but for what is named in `ALLOWED_DIFFERENCES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

import numpy as np

from xinshi.activities.eligibility import HeldShift, Offer, touches_night, week_of
from xinshi.activities.rules import SignUpRules
from xinshi.archive.availability import bit_of, quarters_between
from xinshi.archive.domain import INSURANCE, PLEDGE
from xinshi.bank.ages import OF_AGE_YEARS
from xinshi.kernel import clock
from xinshi.scheduling.building.people import Bools, People
from xinshi.scheduling.building.reading import Line
from xinshi.scheduling.domain import PlanSettings
from xinshi.scheduling.solver.problem import Ints

Key = TypeVar("Key", str, date)
ALLOWED_DIFFERENCES: Final = (
    "waves, a sign-up that is closed and invited activities do not bind a planner",
    "places are counted by the solver, kept places are left to those for whom they are kept",
    "who said they cannot come at that time, or to that place, is not asked",
    "rest, recovery, travel and shifts a day are the stricter of the hospital's and the plan's",
    "who takes fewer shifts a day than the plan allows has no more lines of a day than that, the best ones",
    "who could take more than 200 lines keeps the best of them, and all for which few people are possible",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Who is asked for what: people and lines as arrays, and the rules that hold."""

    people: People
    lines: Sequence[Line]
    rules: SignUpRules
    settings: PlanSettings
    sites: Sequence[str]
    """[S]: the code of the catalogue's site where each line is, empty where its place is none of them."""
    held: Sequence[tuple[int, HeldShift]]
    """(row of the person, what they hold): places confirmed or offered."""
    hard: frozenset[int]
    """Keys of held shifts and lines' shifts that are hard on people."""

    @property
    def shape(self) -> tuple[int, int]:
        return self.people.number, len(self.lines)

    @property
    def offers(self) -> list[Offer]:
        return [line.offer for line in self.lines]

    def days(self) -> list[date]:
        return [clock.local_day(offer.starts_at) for offer in self.offers]

    def is_night(self) -> Bools:
        return np.array([touches_night(one.starts_at, one.ends_at, self.rules) for one in self.offers], bool)


def minutes(offers: Sequence[Offer] | Sequence[HeldShift]) -> tuple[Ints, Ints]:
    """Starts and ends in whole minutes of the world's clock."""
    starts = np.array([int(one.starts_at.timestamp()) // 60 for one in offers], np.int64)
    ends = np.array([int(one.ends_at.timestamp()) // 60 for one in offers], np.int64)
    return starts, ends


def qualified(question: Question) -> Bools:
    """By who they are: guardian, age, group, team, what they may lift, nights and dangers of minors."""
    people, offers = question.people, question.offers
    able = np.repeat(people.may_serve[:, None], len(offers), axis=1)
    night = question.is_night()
    for day, columns in _by_day(question.days()):
        years = _years_on(people, day)
        known = people.birth_year > 0
        minor = known & (years < OF_AGE_YEARS)
        for column in columns:
            asks = offers[column].requirements
            if night[column] or offers[column].is_dangerous:
                able[:, column] &= ~minor
            if asks.age_min is not None:
                able[:, column] &= ~known | (years >= asks.age_min)
            if asks.age_max is not None:
                able[:, column] &= ~known | (years <= asks.age_max)
    members = {team: people.belongs(team) for team in {one.team_id for one in offers if one.recruits == "team"}}
    for column, offer in enumerate(offers):
        if offer.requirements.groups:
            able[:, column] &= np.isin(people.group, offer.requirements.groups)
        if offer.requirements.is_heavy:
            able[:, column] &= people.may_lift
        if offer.recruits == "team":
            able[:, column] &= members[offer.team_id]
    return able


def certified(question: Question) -> Bools:
    """By what they have on the day: qualifications, the pledge, insurance where service is dangerous."""
    people, able = question.people, np.ones(question.shape, bool)
    day = np.array([one.toordinal() for one in question.days()], np.int64)
    wanted: dict[str, list[int]] = {}
    for column, offer in enumerate(question.offers):
        codes = set(offer.requirements.qualifications)
        if offer.is_dangerous:
            codes.add(INSURANCE)
        if question.rules.pledge_required:
            codes.add(PLEDGE)
        for code in codes:
            wanted.setdefault(code, []).append(column)
    for code, columns in wanted.items():
        able[:, columns] &= people.last_days(code)[:, None] >= day[columns][None, :]
    return able


def reachable(question: Question) -> Bools:
    """Who did not say that they cannot come to where it is."""
    able = np.ones(question.shape, bool)
    for site, columns in _columns_by(question.sites):
        if site:
            able[:, columns] &= question.people.reaches(site)[0][:, None]
    return able


def available(question: Question) -> Bools:
    """Who did not say that they cannot come then, and holds nothing at that time."""
    people, offers = question.people, question.offers
    able = said_free(question)[0]
    able[np.ix_(~people.takes_nights, question.is_night())] = False
    starts, ends = minutes(offers)
    keys = np.array([offer.shift_id for offer in offers], np.int64)
    for rows, held in _by_shift(question.held):
        begins, finishes = minutes([held])
        blocked = (begins < ends) & (finishes > starts) | (keys == held.shift_id)
        able[np.ix_(rows, np.flatnonzero(blocked))] = False
    return able


def said_free(question: Question) -> tuple[Bools, Bools]:
    """[P, S] who did not say that they cannot come at the time, and who said that they can."""
    people = question.people
    not_busy, said = np.ones(question.shape, bool), np.zeros(question.shape, bool)
    days = question.days()
    bits = np.array([_bits(offer) for offer in question.offers], np.int64)
    for pattern in np.unique(bits):
        columns = np.flatnonzero(bits == pattern)
        fits = (people.weekly & pattern) == pattern
        not_busy[:, columns] = fits[:, None]
        said[:, columns] = (fits & people.said_weekly)[:, None]
    for day, touched in _by_day(days):
        told = [(row, [one.is_free for one in some if one.covers(day)]) for row, some in people.exceptions]
        for answer in (False, True):
            rows = np.array([row for row, given in told if given and all(given) is answer], np.int64)
            not_busy[np.ix_(rows, np.array(touched, np.int64))] = answer
            said[np.ix_(rows, np.array(touched, np.int64))] = answer
    return not_busy, said


def within_hours(question: Question) -> Bools:
    """Who keeps their own limits, rest and the way with what they hold already."""
    able = _within_limits(question)
    starts, ends = minutes(question.offers)
    days = np.array([day.toordinal() for day in question.days()], np.int64)
    places = np.array([offer.place.strip() for offer in question.offers], str)
    hard, settings = _hard(question), question.settings
    rest = max(question.rules.rest_minutes, settings.rest_minutes)
    recovery = max(question.rules.recovery_minutes, settings.rest_after_hard_minutes)
    travel = max(question.rules.travel_minutes, settings.travel_minutes)
    for rows, held in _by_shift(question.held):
        begins, finishes = (int(one[0]) for one in minutes([held]))
        gap = np.maximum(starts - finishes, begins - ends)
        same_day = days == clock.local_day(held.starts_at).toordinal()
        is_after_hard = np.where(starts >= finishes, held.shift_id in question.hard, hard)
        needed = np.where(same_day, settings.same_day_gap_minutes, 0) + np.where(
            places != held.place.strip(), travel, 0
        )
        needed = np.maximum(needed, np.where(same_day, 0, rest))
        needed = np.maximum(needed, np.where(is_after_hard, recovery, 0))
        able[np.ix_(rows, np.flatnonzero((gap >= 0) & (gap < needed)))] = False
    return able


def _hard(question: Question) -> Bools:
    return np.array([offer.shift_id in question.hard for offer in question.offers], bool)


def _within_limits(question: Question) -> Bools:
    people, offers, rules = question.people, question.offers, question.rules
    days, lasts = question.days(), np.array([offer.minutes for offer in offers], np.int64)
    able = np.ones(question.shape, bool)
    hospital = rules.shifts_a_week_max or 10**6
    for monday, columns in _columns_by([week_of(day)[0] for day in days]):
        served, number = held_in_week(question, monday)
        able[:, columns] &= (served[:, None] + lasts[columns][None, :]) <= people.minutes_a_week_max[:, None]
        able[:, columns] &= (number < np.minimum(people.shifts_a_week_max, hospital))[:, None]
    a_day = np.minimum(people.shifts_a_day_max, question.settings.shifts_a_day_max)
    for day, columns in _by_day(days):
        number = np.zeros(people.number, np.int64)
        for row, held in question.held:
            number[row] += clock.local_day(held.starts_at) == day
        able[:, columns] &= (number < a_day)[:, None]
    return able


def held_in_week(question: Question, monday: date) -> tuple[Ints, Ints]:
    """[P] minutes and number of shifts that each holds already in the week that begins on `monday`."""
    served, number = np.zeros(question.people.number, np.int64), np.zeros(question.people.number, np.int64)
    for row, held in question.held:
        if monday <= clock.local_day(held.starts_at) < monday + timedelta(days=7):
            served[row] += held.minutes
            number[row] += 1
    return served, number


def _years_on(people: People, day: date) -> Ints:
    """Whole years lived on a day; whoever was born on 29 February has the birthday on 1 March else (`bank.ages`)."""
    has_had_birthday = people.birth_month_day <= day.month * 100 + day.day
    return day.year - people.birth_year - np.where(has_had_birthday, 0, 1)


def _bits(offer: Offer) -> int:
    found = 0
    for day, quarter in quarters_between(offer.starts_at, offer.ends_at):
        found |= bit_of(day.weekday(), quarter)
    return found


def _by_day(days: Sequence[date]) -> Iterator[tuple[date, list[int]]]:
    return _columns_by(days)


def _columns_by(keys: Sequence[Key]) -> Iterator[tuple[Key, list[int]]]:
    found: dict[Key, list[int]] = {}
    for column, key in enumerate(keys):
        found.setdefault(key, []).append(column)
    yield from found.items()


def _by_shift(held: Sequence[tuple[int, HeldShift]]) -> Iterator[tuple[Ints, HeldShift]]:
    """The rows of everybody who holds a shift, and the shift; each shift once."""
    rows: dict[int, list[int]] = {}
    shifts: dict[int, HeldShift] = {}
    for row, one in held:
        rows.setdefault(one.shift_id, []).append(row)
        shifts[one.shift_id] = one
    for shift_id, one in shifts.items():
        yield np.array(rows[shift_id], np.int64), one
