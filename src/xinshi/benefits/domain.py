"""Pure rules of benefits: what one may be, why somebody cannot have it, what a voucher is good for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.kernel.ids import SHORT_CODE_LENGTH, normalized_code
from xinshi.kernel.minutes import MINUTES_PER_HOUR, hours_figure

NAME_LENGTH_MAX: Final = 60
DESCRIPTION_LENGTH_MAX: Final = 1_000
PLACE_LENGTH_MAX: Final = 120
REASON_LENGTH_MAX: Final = 300
KEY_LENGTH_MAX: Final = 64
TYPED_CODE_LENGTH_MAX: Final = 200
PRICE_MINUTES_MAX: Final = 10_000 * MINUTES_PER_HOUR
STARS_MAX: Final = 5
STOCK_MAX: Final = 1_000_000
PLACES_MAX: Final = 5_000
SLOTS_AT_ONCE_MAX: Final = 400
DAYS_AHEAD_MAX: Final = 730
VALID_DAYS_MAX: Final = 365
HOLD_KIND: Final = "redemption"
ADDRESS_TAIL: Final = re.compile(r"/v/([^/?#]+)/?$")


class Supply(StrEnum):
    """How a benefit runs out: by the places of its days, by its stock, or not at all."""

    DATED = "dated"
    STOCK = "stock"
    UNLIMITED = "unlimited"


class VoucherState(StrEnum):
    RESERVED = "reserved"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class BenefitNotOffered(DomainError):
    code = "benefit_not_offered"
    message = gettext_noop("This benefit is not offered at the moment. Choose another one.")


class PassbookMissing(DomainError):
    code = "passbook_missing"
    message = gettext_noop("There is no passbook yet. Have one opened at the volunteer service station.")


class PassbookNotActive(DomainError):
    code = "passbook_not_active"
    message = gettext_noop("The passbook is not active. Ask the volunteer service station why.")


class StarsMissing(DomainError):
    code = "stars_missing"
    message = gettext_noop(
        "This is for volunteers with %(needed)s stars or more; you have %(stars)s. "
        "Certified hours missing until then: %(missing_hours)s."
    )


class NotEnoughHours(DomainError):
    code = "not_enough_hours"
    message = gettext_noop(
        "This costs %(price_hours)s hours and you can spend %(available_hours)s. Hours missing: %(missing_hours)s. "
        "Take a shift; hours that are still to be approved come on top."
    )


class SoldOut(DomainError):
    code = "sold_out"
    message = gettext_noop("Nothing of this is left. Look in again: what somebody cancels is offered anew.")


class NoDayFree(DomainError):
    code = "no_day_free"
    message = gettext_noop("No coming day has a free place. Look in again: new days are entered here.")


class DayMissing(DomainError):
    code = "day_missing"
    message = gettext_noop("Choose a day first.")
    status = 422


class DayFull(DomainError):
    code = "day_full"
    message = gettext_noop("All places of this day are taken. Choose another day.")


class DayOver(DomainError):
    code = "day_over"
    message = gettext_noop("This day or time is over. Choose another one.")


class ReservationKeyReused(DomainError):
    code = "reservation_key_reused"
    message = gettext_noop("This form was already used for another reservation. Open the page again.")


class VoucherUsed(DomainError):
    code = "voucher_used"
    message = gettext_noop("This voucher was already redeemed on %(day)s. It counts once.")


class VoucherCancelled(DomainError):
    code = "voucher_cancelled"
    message = gettext_noop("This voucher was cancelled on %(day)s; its hours went back to the passbook.")


class VoucherRanOut(DomainError):
    code = "voucher_ran_out"
    message = gettext_noop("This voucher ran out on %(day)s; its hours go back to the passbook.")


class NotItsDay(DomainError):
    code = "not_its_day"
    message = gettext_noop("This voucher is for %(day)s, not for today.")


class OwnVoucher(DomainError):
    code = "own_voucher"
    message = gettext_noop("Nobody redeems their own voucher. Ask a colleague at the desk.")


class TooLateToCancel(DomainError):
    code = "voucher_too_late_to_cancel"
    message = gettext_noop("A reserved day can be cancelled until the day before. Speak to the benefit desk.")


class ReasonMissing(DomainError):
    code = "cancel_reason_missing"
    message = gettext_noop("Say why: the volunteer will read the reason.")
    status = 422


class StockPromised(DomainError):
    code = "stock_promised"
    message = gettext_noop("%(taken)s are promised or handed over already, so there cannot be fewer.")


class SupplyFixed(DomainError):
    code = "supply_fixed"
    message = gettext_noop(
        "This benefit already has days or vouchers, so how it runs out stays. Create another benefit instead."
    )


class NotDated(DomainError):
    code = "benefit_not_dated"
    message = gettext_noop("Only a benefit that is given on set days has days.")


class DayExists(DomainError):
    code = "day_exists"
    message = gettext_noop("%(day)s is there already. Change its places instead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBenefit:
    """A benefit as somebody wants it to be; `stock` only where supply is STOCK; `valid_days` where there are no days."""

    name: str
    kind: str
    supply: Supply
    price_minutes: int
    description: str = ""
    place: str = ""
    stars_min: int = 0
    stock: int | None = None
    valid_days: int = 30
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSlot:
    """A day with its places; `starts` is the hospital's clock, None for the whole day."""

    day: date
    places: int
    starts: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a benefit asks for and has left; `places_left` is None where it never runs out."""

    is_active: bool
    supply: Supply
    price_minutes: int
    stars_min: int
    places_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody brings; `passbook_state` is empty without a passbook, `available_minutes` None where not asked yet."""

    passbook_state: str
    star_level: int
    certified_minutes: int
    available_minutes: int | None
    star_thresholds_minutes: tuple[int, ...]


def obstacle(terms: Terms, standing: Standing) -> DomainError | None:
    """The first thing that keeps this person from reserving this benefit, said so that they know what would help."""
    if not terms.is_active:
        return BenefitNotOffered()
    if not standing.passbook_state:
        return PassbookMissing()
    if standing.passbook_state != "active":
        return PassbookNotActive()
    if standing.star_level < terms.stars_min:
        return _stars_missing(terms.stars_min, standing)
    if standing.available_minutes is not None and standing.available_minutes < terms.price_minutes:
        return not_enough_hours(price_minutes=terms.price_minutes, available_minutes=standing.available_minutes)
    if terms.places_left is not None and terms.places_left <= 0:
        return NoDayFree() if terms.supply is Supply.DATED else SoldOut()
    return None


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


def slot_is_over(*, day: date, starts_at: datetime | None, at: datetime) -> bool:
    """True from the beginning of its time on; a whole day can be reserved until it ends."""
    if starts_at is not None:
        return starts_at <= at
    return day < clock.local_day(at)


def expiry(*, slot_day: date | None, valid_days: int, at: datetime) -> datetime:
    """When a voucher runs out: at the end of its day, or at the end of the last of its valid days."""
    return clock.day_bounds(slot_day or clock.local_day(at) + timedelta(days=valid_days))[1]


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
    ended = ended_refusal(state=state, ended_at=ended_at, expires_at=expires_at, at=at)
    if ended is not None:
        return ended
    if slot_day is not None and slot_day != clock.local_day(at):
        return NotItsDay(day=slot_day)
    return OwnVoucher() if is_own else None


def ended_refusal(
    *, state: VoucherState, ended_at: datetime | None, expires_at: datetime, at: datetime
) -> DomainError | None:
    """Why nothing can be done with a voucher any more; None while it is open."""
    if state is VoucherState.FULFILLED:
        return VoucherUsed(day=_day(ended_at))
    if state is VoucherState.CANCELLED:
        return VoucherCancelled(day=_day(ended_at))
    if state is VoucherState.EXPIRED or expires_at <= at:
        return VoucherRanOut(day=clock.local_day(expires_at - timedelta(seconds=1)))
    return None


def _day(moment: datetime | None) -> date:
    assert moment is not None, "what has ended says when"
    return clock.local_day(moment)


def check_benefit(new: NewBenefit) -> None:
    """Invalid names the first field that does not fit."""
    _require(
        0 < len(new.name.strip()) <= NAME_LENGTH_MAX,
        gettext_noop("Name of the benefit"),
        gettext_noop("Enter a short name."),
    )
    _require(
        len(new.description) <= DESCRIPTION_LENGTH_MAX, gettext_noop("Description"), gettext_noop("This is too long.")
    )
    _require(len(new.place) <= PLACE_LENGTH_MAX, gettext_noop("Place"), gettext_noop("This is too long."))
    _require(
        0 < new.price_minutes <= PRICE_MINUTES_MAX,
        gettext_noop("Price in hours"),
        gettext_noop("Enter a number of hours above 0 and up to 10,000."),
    )
    _require(
        0 <= new.stars_min <= STARS_MAX,
        gettext_noop("From how many stars"),
        gettext_noop("There are up to five stars."),
    )
    _require(
        1 <= new.valid_days <= VALID_DAYS_MAX,
        gettext_noop("Days a voucher is valid"),
        gettext_noop("Enter 1 to 365 days."),
    )
    if new.supply is Supply.STOCK:
        fits = new.stock is not None and 0 <= new.stock <= STOCK_MAX
        _require(fits, gettext_noop("Stock"), gettext_noop("Enter how many there are, up to 1,000,000."))
    else:
        _require(new.stock is None, gettext_noop("Stock"), gettext_noop("Only a benefit that is counted has a stock."))


def check_slots(slots: Sequence[NewSlot], *, today: date) -> None:
    """Invalid where there are none or too many, or one is past, too far ahead, or has no sensible number of places."""
    days = gettext_noop("Days")
    _require(0 < len(slots) <= SLOTS_AT_ONCE_MAX, days, gettext_noop("Enter at least one day, at most 400 at once."))
    _require(
        all(today <= slot.day <= today + timedelta(days=DAYS_AHEAD_MAX) for slot in slots),
        days,
        gettext_noop("Enter days from today on, at most two years ahead."),
    )
    for slot in slots:
        check_places(slot.places)


def check_places(places: int) -> None:
    _require(0 <= places <= PLACES_MAX, gettext_noop("Places"), gettext_noop("Enter 0 to 5,000 places."))


def _require(fits: bool, field: str, reason: str) -> None:  # noqa: FBT001  # A guard reads best as a sentence.
    if not fits:
        raise Invalid(field=field, reason=reason)


def code_from(typed: str) -> str:
    """The short code in what was typed or scanned at the desk (a hand scanner types the whole address); empty if none."""
    text = typed[:TYPED_CODE_LENGTH_MAX].strip()
    in_address = ADDRESS_TAIL.search(text)
    code = normalized_code(in_address.group(1) if in_address else text)
    return code if len(code) == SHORT_CODE_LENGTH and code.isascii() else ""
