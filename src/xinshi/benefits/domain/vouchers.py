"""What a voucher is good for, until when it can be cancelled, and what is said of one that ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from xinshi.benefits.domain.refusals import (
    NothingMissed,
    NotItsDay,
    OwnVoucher,
    TooLateToCancel,
    VoucherCancelled,
    VoucherMissed,
    VoucherRanOut,
    VoucherRefunded,
    VoucherUsed,
)
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.kernel.ids import SHORT_CODE_LENGTH, normalized_code

REASON_LENGTH_MAX: Final = 300
KEY_LENGTH_MAX: Final = 64
TYPED_CODE_LENGTH_MAX: Final = 200
BENEFICIARY_LENGTH_MAX: Final = 64
UNDO_MINUTES: Final = 10
HOLD_KIND: Final = "redemption"
HOLD_KEPT: Final = timedelta(days=3_650)
"""How much longer than its voucher a hold lives whose minutes are kept when nobody comes."""
REMINDER_DAYS: Final = (3, 1)
WAITING_MAX: Final = 500
ADDRESS_TAIL: Final = re.compile(r"/v/([^/?#]+)/?$")


class VoucherState(StrEnum):
    RESERVED = "reserved"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    EXCUSED = "excused"
    REFUNDED = "refunded"


TAKING: Final = (VoucherState.RESERVED, VoucherState.FULFILLED, VoucherState.NO_SHOW, VoucherState.EXCUSED)
"""States in which a voucher has used up its place or piece and its part of the budget."""
COUNTED: Final = (VoucherState.RESERVED, VoucherState.FULFILLED, VoucherState.NO_SHOW)
"""States in which a voucher counts towards its owner's limit."""


class Relation(StrEnum):
    """Whom a voucher is for, where it is not for its owner."""

    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    OTHER = "other"


class WaitingState(StrEnum):
    """Somebody on a waiting list: waits, has a place kept for them, and how that ended."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    LEFT = "left"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A relative for whom a benefit is reserved; `digits` are the last of their identity number, for the clerk."""

    relation: Relation
    name: str
    digits: str = ""


DIGITS: Final = re.compile(r"[0-9]{3,5}[0-9X]")


def check_relative(relative: Relative) -> Relative:
    """The relative with tidy name and digits; Invalid where they cannot be that."""
    name, digits = relative.name.strip(), relative.digits.strip().upper()
    if not 0 < len(name) <= BENEFICIARY_LENGTH_MAX:
        raise Invalid(
            field=gettext_noop("Name of the relative"), reason=gettext_noop("Enter the relative's full name.")
        )
    if digits and not DIGITS.fullmatch(digits):
        raise Invalid(
            field=gettext_noop("Last signs of their identity number"),
            reason=gettext_noop("Enter the last 4 to 6 signs, or leave it empty."),
        )
    return Relative(relation=relative.relation, name=name, digits=digits)


def slot_is_over(*, day: date, starts_at: datetime | None, at: datetime) -> bool:
    """True from the beginning of its time on; a whole day can be reserved until it ends."""
    if starts_at is not None:
        return starts_at <= at
    return day < clock.local_day(at)


def expiry(*, slot_day: date | None, valid_days: int, at: datetime) -> datetime:
    """When a voucher runs out: at the end of its day, or at the end of the last of its valid days."""
    return clock.day_bounds(slot_day or clock.local_day(at) + timedelta(days=valid_days))[1]


def cancel_deadline(
    *, slot_day: date | None, starts_at: datetime | None, expires_at: datetime, cancel_hours: int
) -> datetime:
    """Until when its owner can cancel: so many hours before its day or time begins, or before it runs out."""
    if slot_day is None:
        return expires_at - timedelta(hours=cancel_hours)
    return (starts_at or clock.day_bounds(slot_day)[0]) - timedelta(hours=cancel_hours)


def late_refusal(deadline: datetime, *, at: datetime) -> TooLateToCancel | None:
    """Why the owner cannot cancel any more; None until the deadline."""
    if at < deadline:
        return None
    return TooLateToCancel(day=clock.local_day(deadline), time=f"{deadline.astimezone(clock.HOSPITAL_ZONE):%H:%M}")


def missed_refusal(
    *, slot_day: date | None, starts_at: datetime | None, expires_at: datetime, at: datetime
) -> DomainError | None:
    """Why nobody can have missed this yet; None once its day or time has begun."""
    if slot_day is None:
        return NothingMissed()
    begins = starts_at or clock.day_bounds(slot_day)[0]
    return None if begins <= at or expires_at <= at else NothingMissed()


def redeem_refusal(
    *,
    state: VoucherState,
    ended_at: datetime | None,
    expires_at: datetime,
    slot_day: date | None,
    is_own: bool,
    at: datetime,
) -> DomainError | None:
    """Why a voucher is not redeemed at this desk now; None: hand it over."""
    ended = ended_refusal(state=state, ended_at=ended_at, expires_at=expires_at, at=at, slot_day=slot_day)
    if ended is not None:
        return ended
    if slot_day is not None and slot_day != clock.local_day(at):
        return NotItsDay(day=slot_day)
    return OwnVoucher() if is_own else None


def ended_refusal(
    *,
    state: VoucherState,
    ended_at: datetime | None,
    expires_at: datetime,
    at: datetime,
    slot_day: date | None = None,
) -> DomainError | None:
    """Why nothing can be done with a voucher any more; None while it is open."""
    if state is VoucherState.RESERVED and expires_at > at:
        return None
    last_day = slot_day or clock.local_day(expires_at - timedelta(seconds=1))
    if state in (VoucherState.RESERVED, VoucherState.EXPIRED):
        return VoucherRanOut(day=last_day)
    if state in (VoucherState.NO_SHOW, VoucherState.EXCUSED):
        return VoucherMissed(day=last_day)
    refusal = {
        VoucherState.FULFILLED: VoucherUsed,
        VoucherState.CANCELLED: VoucherCancelled,
        VoucherState.REFUNDED: VoucherRefunded,
    }[state]
    return refusal(day=_day(ended_at))


def reminder_due(*, last_day: date, reserved_on: date, today: date) -> int | None:
    """How many days before its last day its owner is reminded now, the fewest that fit; None where none is due.

    A reminder is due from its own day on, unless the voucher was made on that day or later.
    """
    due = [days for days in REMINDER_DAYS if reserved_on < last_day - timedelta(days=days) <= today <= last_day]
    return min(due, default=None)


def _day(moment: datetime | None) -> date:
    assert moment is not None, "what has ended says when"
    return clock.local_day(moment)


def code_from(typed: str) -> str:
    """The short code in what was typed or scanned at the desk (a hand scanner types the whole address); empty if none."""
    text = typed[:TYPED_CODE_LENGTH_MAX].strip()
    in_address = ADDRESS_TAIL.search(text)
    code = normalized_code(in_address.group(1) if in_address else text)
    return code if len(code) == SHORT_CODE_LENGTH and code.isascii() else ""
