"""Pure rules on partners: what may be written down, what is within limits, when a partner is silent."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.kernel.minutes import hours_figure

CODE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
KEY_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")
KEY_BYTES: Final = 32
SMALL_ORDER: Final = frozenset(
    bytes.fromhex(encoded)
    for encoded in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
"""Points of order 8 or less as public keys, without the sign of x: under them anybody signs anything."""
NAME_LENGTH_MAX: Final = 64
ADDRESS_LENGTH_MAX: Final = 160
"""What is called below it still has room on the way out."""
REASON_LENGTH_MAX: Final = 300
TERMS_LENGTH_MAX: Final = 1_000
MINUTES_MAX: Final = 100_000_000 * 60
"""No limit is wider than a hundred million hours."""
TRANSFER_MINUTES_MAX: Final = 100_000 * 60
COEFFICIENT_PERCENT_MAX: Final = 1_000
CONTRACT_AHEAD_DAYS_MAX: Final = 3 * 366
CONTRACT_BEFORE_DAYS_MAX: Final = 10 * 366


class Direction(StrEnum):
    """Which way hours go: `IN` is earned there and redeemed here, `OUT` the other way round."""

    IN = "in"
    OUT = "out"


class PartnerPaused(DomainError):
    code = "partner_paused"
    message = gettext_noop("The exchange with this partner is paused, so nothing was taken in or sent out.")


class PartnerDisputed(DomainError):
    code = "partner_disputed"
    message = gettext_noop("The exchange with this partner stands still until a dispute is settled.")


class PartnerKnown(DomainError):
    code = "partner_known"
    message = gettext_noop("A partner with this code is registered already. Open it, or choose another code.")


class NoContract(DomainError):
    code = "no_contract"
    message = gettext_noop("No contract with this partner is in force on this day.")


class DirectionClosed(DomainError):
    code = "direction_closed"
    message = gettext_noop("The contract with this partner does not let hours go this way.")


class KindNotAgreed(DomainError):
    code = "kind_not_agreed"
    message = gettext_noop("The contract with this partner does not count this kind of hours.")


class OverLimit(DomainError):
    code = "over_limit"
    message = gettext_noop(
        "%(hours)s hours are more than the limit with this partner leaves (%(left)s hours). Wait until the other side has "
        "given some back, or ask an administrator."
    )


class OverTransferLimit(DomainError):
    code = "over_transfer_limit"
    message = gettext_noop("Most hours of one transfer with this partner: %(max)s. Send less at once.")


class OverMonthLimit(DomainError):
    code = "over_month_limit"
    message = gettext_noop("Hours left this month with this partner: %(left)s. Send less, or wait until next month.")


class OwnContract(DomainError):
    code = "own_contract"
    message = gettext_noop("Another administrator than the one who wrote this must put it in force.")


class InForceAlready(DomainError):
    code = "in_force_already"
    message = gettext_noop("This is in force already. Load the page again.")


class ContractOver(DomainError):
    code = "contract_over"
    message = gettext_noop("The last day of this version has passed. Write a new one.")


class KeyRevoked(DomainError):
    code = "key_revoked"
    message = gettext_noop("This key was revoked. Add a new one under another name.")


class KeyKnown(DomainError):
    code = "key_known"
    message = gettext_noop("This partner has a key of this name already. Key names are never used twice.")


class StateNotPossible(DomainError):
    code = "state_not_possible"
    message = gettext_noop("The partner is not in that state any more. Load the page again.")


class NothingProposed(DomainError):
    code = "nothing_proposed"
    message = gettext_noop("No limits wait for a second administrator. Load the page again.")


@dataclass(frozen=True, slots=True)
class Limits:
    """Minutes that may be owed at once: by the partner (`in`), and by this house (`out`); None is no limit."""

    in_minutes_max: int | None = None
    out_minutes_max: int | None = None

    def check(self) -> None:
        for field in ("in_minutes_max", "out_minutes_max"):
            value = getattr(self, field)
            if value is not None and not 0 <= value <= MINUTES_MAX:
                raise Invalid(field=field, reason=gettext_noop("A limit is between 0 and 100,000,000 hours."))

    def bounds(self, direction: Direction) -> bool:
        """Whether there is a limit that way."""
        return (self.in_minutes_max if direction is Direction.IN else self.out_minutes_max) is not None

    def is_wider_than(self, other: Limits) -> bool:
        """True where either limit lets more through than `other` does."""
        pairs = ((self.in_minutes_max, other.in_minutes_max), (self.out_minutes_max, other.out_minutes_max))
        return any(old is not None and (new is None or new > old) for new, old in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a contract says; both days belong to it. `coefficient_percent` turns what comes in into what can be spent."""

    starts_on: date
    ends_on: date | None = None
    hours_kinds_in: tuple[str, ...] = (HoursKind.VERIFIED.value,)
    hours_kinds_out: tuple[str, ...] = (HoursKind.VERIFIED.value,)
    coefficient_percent: int = 100
    may_come_in: bool = True
    may_go_out: bool = True
    transfer_minutes_max: int | None = None
    person_month_minutes_max: int | None = None
    terms: str = ""

    def check(self, *, today: date) -> None:
        """Invalid for what no contract can say."""
        if not today - timedelta(days=CONTRACT_BEFORE_DAYS_MAX) <= self.starts_on <= _ahead(today):
            raise Invalid(field="starts_on", reason=gettext_noop("A contract begins within the next three years."))
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise Invalid(field="ends_on", reason=gettext_noop("The last day is not before the first."))
        if not 1 <= self.coefficient_percent <= COEFFICIENT_PERCENT_MAX:
            raise Invalid(
                field="coefficient_percent", reason=gettext_noop("A coefficient is between 1 and 1000 percent.")
            )
        for field, is_open in (("hours_kinds_in", self.may_come_in), ("hours_kinds_out", self.may_go_out)):
            kinds = getattr(self, field)
            if len(set(kinds)) != len(kinds) or not set(kinds) <= {kind.value for kind in HoursKind}:
                raise Invalid(field=field, reason=gettext_noop("Choose kinds of hours from the list."))
            if is_open and not kinds:
                raise Invalid(field=field, reason=gettext_noop("Choose which kinds of hours may go this way."))
        for field in ("transfer_minutes_max", "person_month_minutes_max"):
            value = getattr(self, field)
            if value is not None and not 1 <= value <= TRANSFER_MINUTES_MAX:
                raise Invalid(field=field, reason=gettext_noop("This limit is between 1 minute and 100,000 hours."))
        if not (self.may_come_in or self.may_go_out):
            raise Invalid(
                field="may_come_in", reason=gettext_noop("Hours go at least one way; else pause the partner.")
            )
        check_text("terms", self.terms, TERMS_LENGTH_MAX, is_needed=False)

    def lets(self, direction: Direction) -> bool:
        return self.may_come_in if direction is Direction.IN else self.may_go_out

    def kinds(self, direction: Direction) -> tuple[str, ...]:
        return self.hours_kinds_in if direction is Direction.IN else self.hours_kinds_out


def _ahead(today: date) -> date:
    return today + timedelta(days=CONTRACT_AHEAD_DAYS_MAX)


def check_text(field: str, text: str, length_max: int, *, is_needed: bool = True) -> str:
    """`text` without spaces around it; Invalid where it is missing, too long, or has NUL in it."""
    plain = text.strip()
    if is_needed and not plain:
        raise Invalid(field=field, reason=gettext_noop("This must be filled in."))
    if len(plain) > length_max or "\0" in plain:
        raise Invalid(field=field, reason=gettext_noop("This text is too long. Say it in fewer words."))
    return plain


def check_code(code: str) -> None:
    if not CODE.fullmatch(code):
        reason = gettext_noop("A code has small letters, digits and hyphens, at most 32, such as city-central.")
        raise Invalid(field="code", reason=reason)


def public_key_bytes(text: str) -> bytes:
    """The 32 bytes of an Ed25519 key in base64; Invalid for anything else, and for a point of small order."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES or base64.b64encode(raw).decode() != text:
        reason = gettext_noop("A public key is 44 signs of base64: the 32 bytes of an Ed25519 key.")
        raise Invalid(field="public_key", reason=reason)
    if raw[:-1] + bytes([raw[-1] & 0x7F]) in SMALL_ORDER:
        raise Invalid(field="public_key", reason=gettext_noop("This is no key that can be trusted. Ask for a new one."))
    return raw


def fingerprint(public_key: str) -> str:
    """What two people read to each other on the phone to compare a key: eight groups of four hex digits of its SHA-256."""
    import hashlib

    digest = hashlib.sha256(public_key_bytes(public_key)).hexdigest()[:32]
    return " ".join(digest[start : start + 4] for start in range(0, 32, 4))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the clearing account stands. Positive: this house owes the partner; negative: the partner owes this house.

    `leaving_minutes` are held for transfers on their way out: they will be owed when the partner confirms them.
    """

    balance_minutes: int = 0
    leaving_minutes: int = 0

    @property
    def they_owe_minutes(self) -> int:
        return max(0, -self.balance_minutes)

    @property
    def we_owe_minutes(self) -> int:
        return max(0, self.balance_minutes)

    def left_minutes(self, direction: Direction, limits: Limits) -> int | None:
        """How many minutes more may go that way; None without a limit. What is on its way out counts as gone out only."""
        if direction is Direction.IN:
            return None if limits.in_minutes_max is None else max(0, limits.in_minutes_max + self.balance_minutes)
        if limits.out_minutes_max is None:
            return None
        return max(0, limits.out_minutes_max - self.balance_minutes - self.leaving_minutes)


def check_limits(
    *,
    direction: Direction,
    minutes: int,
    terms: Terms,
    limits: Limits,
    standing: Standing,
    person_month_minutes: int,
) -> None:
    """DirectionClosed, OverTransferLimit, OverMonthLimit or OverLimit where `minutes` more may not go that way."""
    assert minutes > 0, "a transfer has at least one minute"
    assert person_month_minutes >= 0, "nobody moved less than nothing"
    if not terms.lets(direction):
        raise DirectionClosed
    if terms.transfer_minutes_max is not None and minutes > terms.transfer_minutes_max:
        raise OverTransferLimit(max=hours_figure(terms.transfer_minutes_max))
    month = terms.person_month_minutes_max
    if month is not None and person_month_minutes + minutes > month:
        raise OverMonthLimit(left=hours_figure(max(0, month - person_month_minutes)))
    left = standing.left_minutes(direction, limits)
    if left is not None and minutes > left:
        raise OverLimit(hours=hours_figure(minutes), left=hours_figure(left))


def silent_since(*, last_heard_at: datetime | None, expected_from: datetime | None) -> datetime | None:
    """Since when nothing was heard of a partner from whom something is expected; None where nothing is expected."""
    if expected_from is None:
        return None
    return expected_from if last_heard_at is None else max(last_heard_at, expected_from)


def is_silent(since: datetime | None, *, now: datetime, hours_max: int) -> bool:
    return since is not None and now - since >= timedelta(hours=hours_max)
