"""Who can have a benefit: what it asks for, what somebody brings, and the first thing that stands between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from xinshi.benefits.domain.offering import Supply
from xinshi.benefits.domain.periods import PERIOD_WORDS, Period, day_of_age, period_bounds, years_old
from xinshi.benefits.domain.refusals import (
    BenefitNotOffered,
    BirthDateMissing,
    BudgetSpent,
    LimitReached,
    LimitReachedForGood,
    NoDayFree,
    NoLongerOffered,
    NotEnoughHours,
    NotOfferedYet,
    OtherGroup,
    PassbookMissing,
    PassbookNotActive,
    PausedForNoShows,
    SoldOut,
    StarsMissing,
    TooOld,
    TooYoung,
)
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import hours_figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a benefit asks for and has left; `places_left` is None where it never runs out or is decided elsewhere."""

    is_active: bool
    supply: Supply
    price_minutes: int
    stars_min: int
    places_left: int | None
    age_min: int | None = None
    age_max: int | None = None
    groups: tuple[str, ...] = ()
    offered_from: date | None = None
    offered_until: date | None = None
    limit_pieces: int | None = None
    limit_period: Period | None = None
    no_show_max: int | None = None
    no_show_pause_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody brings; `passbook_state` is empty without a passbook, `available_minutes` None where not asked yet."""

    passbook_state: str
    star_level: int
    certified_minutes: int
    available_minutes: int | None
    star_thresholds_minutes: tuple[int, ...]
    birth_date: date | None = None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What somebody had of one benefit in its limit's period, and how many days they missed in its rule's span."""

    pieces: int = 0
    no_shows: int = 0
    last_no_show: date | None = None


NO_HISTORY = History()


def obstacle(
    terms: Terms,
    standing: Standing,
    *,
    history: History = NO_HISTORY,
    on: date,
    counts_on: date | None = None,
    pieces: int = 1,
) -> DomainError | None:
    """The first thing that keeps this person from `pieces` of this benefit, said so that they know what would help.

    `on` is today; `counts_on` the day on which the limit counts, which for a dated benefit is the chosen day.
    """
    return (
        _not_on_offer(terms, on)
        or _passbook_refuses(standing)
        or _person_refused(terms, standing, on)
        or _paused(terms, history, on)
        or _limit_reached(terms, history, pieces=pieces, counts_on=counts_on or on)
        or _short_of_hours(terms, standing, pieces)
        or _nothing_left(terms, pieces)
    )


def _not_on_offer(terms: Terms, on: date) -> DomainError | None:
    if not terms.is_active:
        return BenefitNotOffered()
    if terms.offered_from is not None and on < terms.offered_from:
        return NotOfferedYet(day=terms.offered_from)
    if terms.offered_until is not None and on > terms.offered_until:
        return NoLongerOffered(day=terms.offered_until)
    return None


def _passbook_refuses(standing: Standing) -> DomainError | None:
    if not standing.passbook_state:
        return PassbookMissing()
    return None if standing.passbook_state == "active" else PassbookNotActive()


def _person_refused(terms: Terms, standing: Standing, on: date) -> DomainError | None:
    if terms.groups and standing.group not in terms.groups:
        return OtherGroup()
    if terms.age_min is not None or terms.age_max is not None:
        if standing.birth_date is None:
            return BirthDateMissing()
        years = years_old(standing.birth_date, on)
        if terms.age_min is not None and years < terms.age_min:
            return TooYoung(years=terms.age_min, day=day_of_age(standing.birth_date, terms.age_min))
        if terms.age_max is not None and years > terms.age_max:
            return TooOld(years=terms.age_max)
    return _stars_missing(terms.stars_min, standing) if standing.star_level < terms.stars_min else None


def _paused(terms: Terms, history: History, on: date) -> DomainError | None:
    if terms.no_show_max is None or history.last_no_show is None or history.no_shows < terms.no_show_max:
        return None
    until = history.last_no_show + timedelta(days=terms.no_show_pause_days)
    return PausedForNoShows(count=history.no_shows, day=until) if on < until else None


def _limit_reached(terms: Terms, history: History, *, pieces: int, counts_on: date) -> DomainError | None:
    if terms.limit_pieces is None or terms.limit_period is None or history.pieces + pieces <= terms.limit_pieces:
        return None
    if terms.limit_period is Period.EVER:
        return LimitReachedForGood(limit=terms.limit_pieces, used=history.pieces)
    return LimitReached(
        limit=terms.limit_pieces,
        used=history.pieces,
        period=PERIOD_WORDS[terms.limit_period],
        day=period_bounds(terms.limit_period, counts_on)[1],
    )


def _short_of_hours(terms: Terms, standing: Standing, pieces: int) -> DomainError | None:
    price = terms.price_minutes * pieces
    if standing.available_minutes is None or standing.available_minutes >= price:
        return None
    return not_enough_hours(price_minutes=price, available_minutes=standing.available_minutes)


def _nothing_left(terms: Terms, pieces: int) -> DomainError | None:
    if terms.places_left is None or terms.places_left >= pieces:
        return None
    return NoDayFree() if terms.supply is Supply.DATED else SoldOut()


def not_enough_hours(*, price_minutes: int, available_minutes: int) -> NotEnoughHours:
    return NotEnoughHours(
        price_hours=hours_figure(price_minutes),
        available_hours=hours_figure(max(0, available_minutes)),
        missing_hours=hours_figure(max(1, price_minutes - max(0, available_minutes))),
    )


def _stars_missing(needed: int, standing: Standing) -> StarsMissing:
    threshold = standing.star_thresholds_minutes[needed - 1]
    return StarsMissing(
        needed=needed,
        stars=standing.star_level,
        missing_hours=hours_figure(max(0, threshold - standing.certified_minutes)),
    )


def budget_spent(period: Period, counts_on: date) -> BudgetSpent:
    """What is said when the budget of the period around `counts_on` has no room."""
    return BudgetSpent(period=PERIOD_WORDS[period], day=period_bounds(period, counts_on)[1])
