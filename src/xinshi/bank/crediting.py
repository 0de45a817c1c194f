"""How many minutes of a service go into the balance: the policy's rules, one after the other, as pure functions.

Raw certified minutes are never altered: they count for stars in full and are what other platforms get. What is decided here
is only what can be spent. Of which day the rules are: coefficient, rounding and the caps per day and per activity are those
of the day on which the hours were *worked*, so that it does not matter how late a record is approved; the cap on holding is
that of the day on which the hours are booked, for it speaks of what somebody holds then.

Hours that come from a partner are interchanged at par (通存通兑), or by the coefficient of the contract with it: the
partner's own rules made them, and its files name neither the kind of service nor, often, the day. They neither fill nor meet
the caps per day and activity; what somebody may hold is capped all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from xinshi.bank.rules import Coefficient, Rounding, Rules

PERCENT: Final = 100


class Reason(StrEnum):
    """A rule that made the credited minutes differ from the raw ones; its figure stands beside it."""

    COEFFICIENT = "coefficient"
    """Figure: per cent."""
    ROUNDING = "rounding"
    """Figure: the unit in minutes."""
    ACTIVITY_CAP = "activity_cap"
    """Figure: the cap in minutes, as for the other caps."""
    DAY_CAP = "day_cap"
    HOLDING_CAP = "holding_cap"


Why = tuple[tuple[Reason, int], ...]


def why_text(why: Why) -> str:
    """As it is stored with a deposit: `coefficient=150 day_cap=120`."""
    return " ".join(f"{reason.value}={figure}" for reason, figure in why)


def why_from_text(text: str) -> Why:
    pairs = (part.partition("=") for part in text.split())
    return tuple((Reason(reason), int(figure)) for reason, _, figure in pairs)


class Served(NamedTuple):
    """What one person did, as far as crediting asks; `activity_ref` is empty where no activity is known."""

    person_id: int
    category: str
    raw_minutes: int
    worked_on: date
    activity_ref: str = ""
    skills: Collection[str] = ()
    is_partners: bool = False
    partner_percent: int = PERCENT


class Credit(NamedTuple):
    """What is booked: `minutes` in all, of which `donation_minutes` can only be donated; `why` it is not the raw figure."""

    minutes: int
    donation_minutes: int
    why: Why

    @property
    def spendable_minutes(self) -> int:
        return self.minutes - self.donation_minutes


@dataclass(slots=True)
class Tally:
    """What people have been credited and hold so far; kept up to date while a batch is worked through in order."""

    by_day: defaultdict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(int))
    by_activity: defaultdict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    held: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Minutes on a person's account, reserved ones included."""


def coefficient_percent(coefficients: Collection[Coefficient], *, category: str, skills: Collection[str]) -> int:
    """What an hour is worth, per cent (DB3205/T 1001-2020).

    The most specific row counts: of category and skill, then of a skill, then of a category. Of several, the highest.
    """
    best: tuple[int, int] = (0, PERCENT)
    for row in coefficients:
        if (row.category and row.category != category) or (row.skill and row.skill not in skills):
            continue
        specific = 2 * bool(row.skill) + bool(row.category)
        best = max(best, (specific, row.percent))
    return best[1]


def rounded(raw_minutes: int, percent: int, *, rounding: Rounding, unit_minutes: int) -> int:
    """`percent` of the raw minutes in whole units, exactly: down, up, or to the nearest (halves up)."""
    amount, unit = raw_minutes * percent, PERCENT * unit_minutes
    if rounding is Rounding.NEAREST:
        amount += unit // 2
    elif rounding is Rounding.UP:
        amount += unit - 1
    return amount // unit * unit_minutes


def credit(served: Served, rules: Rules, *, holding_cap_minutes: int | None, tally: Tally) -> Credit:
    """Decide one service by the `rules` of its day and today's cap on holding; enters the result into the tally."""
    minutes, why = _by_contract(served) if served.is_partners else _by_rules(served, rules, tally)
    donation = 0
    if holding_cap_minutes is not None:
        donation = minutes - min(minutes, max(0, holding_cap_minutes - tally.held[served.person_id]))
        if donation:
            why.append((Reason.HOLDING_CAP, holding_cap_minutes))
    tally.held[served.person_id] += minutes - donation
    return Credit(minutes, donation, tuple(why))


def _by_contract(served: Served) -> tuple[int, list[tuple[Reason, int]]]:
    """Begun minutes are not credited: no minute comes into being on the way between two banks."""
    percent = served.partner_percent
    why = [] if percent == PERCENT else [(Reason.COEFFICIENT, percent)]
    return served.raw_minutes * percent // PERCENT, why


def _by_rules(served: Served, rules: Rules, tally: Tally) -> tuple[int, list[tuple[Reason, int]]]:
    why: list[tuple[Reason, int]] = []
    percent = coefficient_percent(rules.coefficients, category=served.category, skills=served.skills)
    minutes = rounded(served.raw_minutes, percent, rounding=rules.rounding, unit_minutes=rules.rounding_minutes)
    if percent != PERCENT:
        why.append((Reason.COEFFICIENT, percent))
    if minutes * PERCENT != served.raw_minutes * percent:
        why.append((Reason.ROUNDING, rules.rounding_minutes))
    activity, day = (served.person_id, served.activity_ref), (served.person_id, served.worked_on)
    before = tally.by_activity[activity] if served.activity_ref else 0
    for cap, so_far, reason in (
        (rules.activity_cap_minutes, before, Reason.ACTIVITY_CAP),
        (rules.day_cap_minutes, tally.by_day[day], Reason.DAY_CAP),
    ):
        if cap is not None and minutes > max(0, cap - so_far):
            minutes = max(0, cap - so_far)
            why.append((reason, cap))
    if served.activity_ref:
        tally.by_activity[activity] += minutes
    tally.by_day[day] += minutes
    return minutes, why
