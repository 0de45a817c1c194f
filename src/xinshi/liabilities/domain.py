"""Pure rules: how old hours are, what a rate is, how the outstanding hours may go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from math import isqrt
from typing import Final

from xinshi.bank.timeline import MONTHS_PER_YEAR, ExpiryRule, months_after
from xinshi.kernel.codes import HoursKind

FORECAST_MONTHS: Final = 12
HISTORY_MONTHS_MIN: Final = 3
"""With fewer full months behind it a forecast would be a guess, so there is none."""
HISTORY_MONTHS_MAX: Final = 24
PLACES_MONTHS: Final = 3
"""Coming days of benefits are counted so many months ahead: further ahead they are not entered yet."""


class Holder(StrEnum):
    """Whose minutes they are, by the sort of account."""

    PASSBOOK = "person"
    DONATION_ONLY = "donation"
    GROUP = "group"
    POOL = "pool"


class Age(StrEnum):
    """How long ago the service was given, in months; the upper bound belongs to the next band."""

    TO_3 = "0-3"
    TO_6 = "3-6"
    TO_12 = "6-12"
    TO_24 = "12-24"
    OLDER = "24+"


AGE_BOUNDS: Final = ((3, Age.TO_3), (6, Age.TO_6), (12, Age.TO_12), (24, Age.TO_24))


class MinutesKind(StrEnum):
    """Where minutes came from: deposited as verified or honorary hours, or received from somebody else."""

    VERIFIED = HoursKind.VERIFIED.value
    HONORARY = HoursKind.HONORARY.value
    RECEIVED = "received"


KINDS: Final = {f"deposit_{kind.value}": MinutesKind(kind.value) for kind in HoursKind}


@lru_cache(maxsize=8_192)  # Many lots are of one day.
def age_of(worked_on: date, today: date) -> Age:
    """The band of a day of service; a day to come counts as the youngest."""
    for months, age in AGE_BOUNDS:
        if months_after(worked_on, months) > today:
            return age
    return Age.OLDER


def kind_of(transfer_kind: str) -> MinutesKind:
    """By the kind of the booking that brought the minutes in."""
    return KINDS.get(transfer_kind, MinutesKind.RECEIVED)


def percent(part: int, whole: int) -> int | None:
    """Whole per cent, to the nearest; None where there is nothing to compare with."""
    return None if whole <= 0 else (part * 200 + whole) // (2 * whole)


def months_of(minutes: int, monthly: int) -> int | None:
    """Tenths of months that `minutes` last at `monthly`; None where nothing goes out."""
    return None if monthly <= 0 else (max(0, minutes) * 20 + monthly) // (2 * monthly)


@dataclass(frozen=True, slots=True)
class Flow:
    """What one month (its first day) brought in and took out; by the day of service, of redeeming, of expiry."""

    month: date
    deposited: int = 0
    redeemed: int = 0
    expired: int = 0
    corrected: int = 0
    """Everything else between the bank's own accounts and its members', net."""

    @property
    def net(self) -> int:
        return self.deposited - self.redeemed - self.expired + self.corrected


@dataclass(frozen=True, slots=True)
class Forecast:
    """One coming month: what would come and go, and what would be outstanding at its end, between `low` and `high`."""

    month: date
    deposited: int
    redeemed: int
    expired: int
    outstanding: int
    low: int
    high: int


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def months_before(month: date, number: int) -> date:
    """The first day of the month `number` months before; `month` is a first day."""
    index = month.year * MONTHS_PER_YEAR + month.month - 1 - number
    return date(index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1, 1)


def full_months(flows: Sequence[Flow], *, today: date) -> list[Flow]:
    """The full months since anything was booked, oldest first, without gaps, at most the last HISTORY_MONTHS_MAX."""
    this_month = first_of_month(today)
    known = {flow.month: flow for flow in flows if flow.month < this_month}
    if not known:
        return []
    months = [months_before(this_month, number) for number in range(HISTORY_MONTHS_MAX, 0, -1)]
    return [known.get(month, Flow(month)) for month in months if month >= min(known)]


def expected(history: Mapping[date, int], month: date) -> int:
    """What a month may bring: the mean of the last twelve full months and of the same month a year before, where known."""
    recent = [history[key] for key in sorted(history)[-MONTHS_PER_YEAR:]]
    average = sum(recent) // len(recent)
    last_year = history.get(months_before(month, MONTHS_PER_YEAR))
    return average if last_year is None else (average + last_year) // 2


def forecast(
    flows: Sequence[Flow], lots: Mapping[date, int], *, today: date, rule: ExpiryRule | None
) -> list[Forecast]:
    """The next FORECAST_MONTHS months from the one after this, or nothing with too little history.

    `lots` are the outstanding minutes by day of service. Each month: the expected deposits come in, the expected
    redemptions take the oldest minutes, then what the policy in force lets expire goes. The band is one standard deviation
    of the monthly net of the history, growing with the root of the months: about two years in three end inside.
    """
    history = full_months(flows, today=today)
    if len(history) < HISTORY_MONTHS_MIN:
        return []
    deposits = {flow.month: flow.deposited for flow in history}
    redemptions = {flow.month: flow.redeemed for flow in history}
    variance = _variance([flow.deposited - flow.redeemed for flow in history])
    left = dict(lots)
    found = []
    for number in range(1, FORECAST_MONTHS + 1):
        month = months_before(first_of_month(today), -number)
        comes, goes = max(0, expected(deposits, month)), max(0, expected(redemptions, month))
        left[month] = left.get(month, 0) + comes
        redeemed = _take_oldest(left, goes)
        expired = _expire(left, rule, last=months_before(month, -1))
        outstanding = sum(left.values())
        spread = isqrt(variance * number)
        found.append(
            Forecast(month, comes, redeemed, expired, outstanding, max(0, outstanding - spread), outstanding + spread)
        )
    return found


def _variance(values: Sequence[int]) -> int:
    """Of a sample, whole."""
    mean = sum(values) // len(values)
    return sum((value - mean) ** 2 for value in values) // max(1, len(values) - 1)


def _take_oldest(left: dict[date, int], minutes: int) -> int:
    """Take what is there, oldest service first; returns what was taken."""
    taken = 0
    for day in sorted(left):
        part = min(left[day], minutes - taken)
        left[day] -= part
        taken += part
        if taken == minutes:
            break
    return taken


def _expire(left: dict[date, int], rule: ExpiryRule | None, *, last: date) -> int:
    """Let go what cannot be spent any more on `last`; returns how much that was."""
    if rule is None:
        return 0
    gone = [day for day in left if rule.expires_on(day) < last]
    return sum(left.pop(day) for day in gone)
