"""Pure rules of the bank: stars, states, what a deposit must be. What a policy may say stands in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError, gettext_noop

STARS_MAX: Final = 5
DEFAULT_THRESHOLDS_MINUTES: Final = (6_000, 18_000, 36_000, 60_000, 90_000)
"""100 / 300 / 600 / 1000 / 1500 hours (民函〔2012〕340号)."""
THRESHOLD_MINUTES_MAX: Final = 100_000 * 60
NOTICE_AHEAD_DAYS_MAX: Final = 366
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


class NotInNotice(DomainError):
    code = "not_in_notice"
    message = gettext_noop("The public notice of this deposit is over, or it never had one.")


class NoticeNotLonger(DomainError):
    code = "notice_not_longer"
    message = gettext_noop(
        "The public notice already lasts until %(day)s; choose a later day, at most a year from now."
    )
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


class NewDeposit(NamedTuple):
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
    activity_ref: str = ""
    """Of which activity, such as `activity:7`; empty where none is known, as for a partner's hours."""
    partner_percent: int = 100
    """By the contract with the partner whose hours these are: what of them can be spent. Certified are all of them."""


class DepositResult(NamedTuple):
    """`minutes` were credited, `donation_minutes` of them to the account that can only be donated from.

    `transfer_id` is None where nothing went into the balance; `notice_until` is the last day of public notice.
    """

    deposit_id: int
    transfer_id: int | None
    minutes: int
    is_new: bool
    donation_minutes: int = 0
    notice_until: date | None = None

    def again(self) -> DepositResult:
        """What the same source brings where it is named once more."""
        return self._replace(is_new=False, notice_until=None)


def star_level(
    certified_minutes: int,
    thresholds_minutes: Sequence[int],
    *,
    verified_minutes: int = 0,
    verified_percent: Sequence[int] = (0,) * STARS_MAX,
) -> int:
    """0 to 5 stars: up to the first whose hours, or whose share of verified hours (quality condition), is not reached."""
    level = 0
    for threshold, percent in zip(thresholds_minutes, verified_percent, strict=True):
        if certified_minutes < threshold or verified_minutes * 100 < percent * certified_minutes:
            break
        level += 1
    return level


@dataclass(frozen=True, slots=True)
class StarProgress:
    """Where somebody stands between two stars; `next_minutes` is None at five."""

    level: int
    reached_minutes: int
    next_minutes: int | None
    certified_minutes: int
    verified_minutes: int = 0
    next_verified_percent: int = 0
    """The quality condition of the next star: the least share of verified hours, whole per cent."""

    @property
    def verified_percent(self) -> int:
        """The share of verified hours now, whole per cent, rounded down."""
        return self.verified_minutes * 100 // self.certified_minutes if self.certified_minutes else 0

    @property
    def lacks_quality(self) -> bool:
        """True where the hours suffice for the next star, but the share of verified hours does not."""
        has_hours = self.next_minutes is not None and self.certified_minutes >= self.next_minutes
        return has_hours and self.verified_minutes * 100 < self.next_verified_percent * self.certified_minutes

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


def star_progress(
    certified_minutes: int,
    level: int,
    thresholds_minutes: Sequence[int],
    *,
    verified_minutes: int = 0,
    verified_percent: Sequence[int] = (0,) * STARS_MAX,
) -> StarProgress:
    """Progress towards the star after `level`."""
    reached = thresholds_minutes[level - 1] if level else 0
    if level >= len(thresholds_minutes):
        return StarProgress(level, reached, None, certified_minutes, verified_minutes)
    return StarProgress(
        level, reached, thresholds_minutes[level], certified_minutes, verified_minutes, verified_percent[level]
    )
