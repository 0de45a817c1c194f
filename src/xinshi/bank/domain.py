"""Pure rules of the bank: policy, stars, what a deposit must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError, gettext_noop

STARS_MAX: Final = 5
DEFAULT_THRESHOLDS_MINUTES: Final = (6_000, 18_000, 36_000, 60_000, 90_000)
"""100 / 300 / 600 / 1000 / 1500 hours (民函〔2012〕340号)."""
THRESHOLD_MINUTES_MAX: Final = 100_000 * 60
POLICY_AHEAD_DAYS_MAX: Final = 366
DAY_MINUTES: Final = 24 * 60
PASSBOOK_PREFIX: Final = "86"


class PassbookNotOpen(DomainError):
    code = "passbook_not_open"
    message = gettext_noop("%(number)s of these people have no active passbook, so nothing was deposited.")


class SourceDepositedOtherwise(DomainError):
    code = "source_deposited_otherwise"
    message = gettext_noop("The hours of %(source)s were deposited before with other figures. Nothing was booked now.")


class DepositReversedBefore(DomainError):
    code = "deposit_reversed"
    message = gettext_noop("This deposit was already taken back.")


class PolicyNotValid(DomainError):
    code = "policy_not_valid"
    message = gettext_noop("The star thresholds must be five rising figures above zero, of at most 100,000 hours.")
    status = 422


class PolicyInForce(DomainError):
    code = "policy_in_force"
    message = gettext_noop("This version is in force or was; write a new one instead.")


class OwnPolicy(DomainError):
    code = "own_policy"
    message = gettext_noop("Another administrator than the one who wrote this version must put it in force.")


class PolicyInThePast(DomainError):
    code = "policy_in_the_past"
    message = gettext_noop("A policy takes effect today or later, and after the one before it.")
    status = 422


class PolicyTooFarAhead(DomainError):
    code = "policy_too_far_ahead"
    message = gettext_noop("A policy takes effect within a year: until then no other version could be put in force.")
    status = 422


class PassbookStateNotPossible(DomainError):
    code = "passbook_state_not_possible"
    message = gettext_noop("The passbook is in the state “%(state)s” now, so this cannot be done with it.")


class OwnPassbook(DomainError):
    code = "own_passbook"
    message = gettext_noop("Nobody freezes, frees or closes their own passbook. Ask a colleague.")
    status = 403


STATE_CHANGES: Final = {
    "pending": ("active", "closed"),
    "active": ("frozen", "closed"),
    "frozen": ("active", "closed"),
    "closed": (),
}
"""From each state of a passbook, where it may go; closed is for ever."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force; minutes throughout."""

    id: int
    number: int
    effective_from: date
    star_thresholds_minutes: tuple[int, ...]
    approval_levels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeposit:
    """Hours to be put into a person's passbook. `source_ref` makes it once; `category` is a national code."""

    person_id: int
    kind: HoursKind
    category: str
    title: str
    organizer: str
    raw_minutes: int
    worked_on: date
    source_ref: str
    memo: str = ""


@dataclass(frozen=True, slots=True)
class DepositResult:
    deposit_id: int
    transfer_id: int
    minutes: int
    is_new: bool


def star_level(certified_minutes: int, thresholds_minutes: Sequence[int]) -> int:
    """0 to 5 stars: how many thresholds the lifetime certified minutes have reached."""
    return sum(1 for threshold in thresholds_minutes if certified_minutes >= threshold)


def check_thresholds(thresholds_minutes: Sequence[int]) -> None:
    """PolicyNotValid unless there are five rising figures above zero, none beyond THRESHOLD_MINUTES_MAX."""
    rising = all(a < b for a, b in pairwise(thresholds_minutes))
    if len(thresholds_minutes) != STARS_MAX or not rising:
        raise PolicyNotValid
    if thresholds_minutes[0] <= 0 or thresholds_minutes[-1] > THRESHOLD_MINUTES_MAX:
        raise PolicyNotValid


@dataclass(frozen=True, slots=True)
class StarProgress:
    """Where somebody stands between two stars; `next_minutes` is None at five."""

    level: int
    reached_minutes: int
    next_minutes: int | None
    certified_minutes: int

    @property
    def missing_minutes(self) -> int:
        return max(0, (self.next_minutes or 0) - self.certified_minutes)

    @property
    def percent(self) -> int:
        """Of the way from this star to the next, whole per cent."""
        if self.next_minutes is None:
            return 100
        span = self.next_minutes - self.reached_minutes
        return min(100, max(0, (self.certified_minutes - self.reached_minutes) * 100 // span))


def star_progress(certified_minutes: int, level: int, thresholds_minutes: Sequence[int]) -> StarProgress:
    """Progress towards the star after `level`."""
    reached = thresholds_minutes[level - 1] if level else 0
    following = thresholds_minutes[level] if level < len(thresholds_minutes) else None
    return StarProgress(level, reached, following, certified_minutes)
