"""What a benefit may be, as those who manage it want it to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final

from xinshi.benefits.domain.periods import BUDGET_PERIODS, Period
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.kernel.minutes import MINUTES_PER_HOUR

NAME_LENGTH_MAX: Final = 60
DESCRIPTION_LENGTH_MAX: Final = 1_000
PLACE_LENGTH_MAX: Final = 120
HANDOUT_LENGTH_MAX: Final = 120
NOTE_LENGTH_MAX: Final = 60
PRICE_MINUTES_MAX: Final = 10_000 * MINUTES_PER_HOUR
BUDGET_MINUTES_MAX: Final = 10_000_000 * MINUTES_PER_HOUR
STARS_MAX: Final = 5
STOCK_MAX: Final = 1_000_000
PLACES_MAX: Final = 5_000
SLOTS_AT_ONCE_MAX: Final = 400
DAYS_AHEAD_MAX: Final = 730
VALID_DAYS_MAX: Final = 365
PIECES_MAX: Final = 20
AGE_MAX: Final = 120
LIMIT_MAX: Final = 1_000
CANCEL_HOURS_MAX: Final = 720
OFFER_HOURS_MAX: Final = 336
NO_SHOWS_MAX: Final = 20
RULE_DAYS_MAX: Final = 730
COURSE_KIND: Final = "course"
GROUPS: Final = ("staff", "student", "citizen")
"""People's groups in the order in which they are stored."""


class Supply(StrEnum):
    """How a benefit runs out: by the places of its days, by its stock, or not at all."""

    DATED = "dated"
    STOCK = "stock"
    UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBenefit:
    """A benefit as somebody wants it to be; each restriction is off by default.

    `stock` only where supply is STOCK; `valid_days` where there are no days. `groups` empty is everybody. A limit and a
    budget have a period. `cancel_hours` count back from the beginning of the day or time, or from the voucher's last
    moment. `offer_hours` is how long a place is kept for the first of a waiting list. `no_show_max` missed days within
    `no_show_days` close the benefit to a person until `no_show_pause_days` after the last of them.
    """

    name: str
    kind: str
    supply: Supply
    price_minutes: int
    description: str = ""
    place: str = ""
    handout: str = ""
    """What the desk hands over, in words for the clerk."""
    provider_id: int | None = None
    stars_min: int = 0
    age_min: int | None = None
    age_max: int | None = None
    groups: tuple[str, ...] = ()
    for_relatives: bool = False
    pieces_max: int = 1
    stock: int | None = None
    valid_days: int = 30
    offered_from: date | None = None
    offered_until: date | None = None
    limit_pieces: int | None = None
    limit_period: Period | None = None
    budget_minutes: int | None = None
    budget_pieces: int | None = None
    budget_period: Period | None = None
    cancel_hours: int = 0
    offer_hours: int = 24
    no_show_keeps_minutes: bool = False
    no_show_max: int | None = None
    no_show_days: int = 180
    no_show_pause_days: int = 30
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSlot:
    """A day with its places; `starts` is the hospital's clock, None for the whole day; `note` says what is special."""

    day: date
    places: int
    starts: time | None = None
    note: str = ""


def check_benefit(new: NewBenefit) -> None:
    """Invalid names the first field that does not fit."""
    _check_words(new)
    _check_price_and_supply(new)
    _check_conditions(new)
    _check_limit_and_budget(new)
    _check_missing_a_day(new)


def _check_words(new: NewBenefit) -> None:
    too_long = gettext_noop("This is too long.")
    _require(
        0 < len(new.name.strip()) <= NAME_LENGTH_MAX,
        gettext_noop("Name of the benefit"),
        gettext_noop("Enter a short name."),
    )
    _require(len(new.description) <= DESCRIPTION_LENGTH_MAX, gettext_noop("Description"), too_long)
    _require(len(new.place) <= PLACE_LENGTH_MAX, gettext_noop("Place"), too_long)
    _require(len(new.handout) <= HANDOUT_LENGTH_MAX, gettext_noop("What the desk hands over"), too_long)


def _check_price_and_supply(new: NewBenefit) -> None:
    _require(
        0 < new.price_minutes <= PRICE_MINUTES_MAX,
        gettext_noop("Price in hours"),
        gettext_noop("Enter a number of hours above 0 and up to 10,000."),
    )
    _require(
        1 <= new.valid_days <= VALID_DAYS_MAX,
        gettext_noop("Days a voucher is valid"),
        gettext_noop("Enter 1 to 365 days."),
    )
    stock = gettext_noop("Stock")
    if new.supply is Supply.STOCK:
        fits = new.stock is not None and 0 <= new.stock <= STOCK_MAX
        _require(fits, stock, gettext_noop("Enter how many there are, up to 1,000,000."))
    else:
        _require(new.stock is None, stock, gettext_noop("Only a benefit that is counted has a stock."))
    _require(
        new.kind != COURSE_KIND or new.supply is Supply.DATED,
        gettext_noop("How it runs out"),
        gettext_noop("A place in a course is given on set days with places."),
    )
    pieces = gettext_noop("Pieces at once")
    _require(1 <= new.pieces_max <= PIECES_MAX, pieces, gettext_noop("Enter 1 to 20 pieces."))
    _require(
        new.pieces_max == 1 or new.supply is not Supply.DATED,
        pieces,
        gettext_noop("Of a day one place is taken at a time."),
    )


def _check_conditions(new: NewBenefit) -> None:
    _require(
        0 <= new.stars_min <= STARS_MAX,
        gettext_noop("From how many stars"),
        gettext_noop("There are up to five stars."),
    )
    ages = [age for age in (new.age_min, new.age_max) if age is not None]
    _require(
        all(0 < age <= AGE_MAX for age in ages) and ages == sorted(ages),
        gettext_noop("Up to what age"),
        gettext_noop("Enter ages from 1 to 120, the higher one last."),
    )
    _require(
        new.groups == tuple(group for group in GROUPS if group in new.groups),
        gettext_noop("For which volunteers"),
        gettext_noop("Choose one of the list."),
    )
    _require(
        not new.for_relatives or new.kind != COURSE_KIND,
        gettext_noop("Relatives may use it"),
        gettext_noop("A place in a course is for oneself."),
    )
    window = [day for day in (new.offered_from, new.offered_until) if day is not None]
    _require(
        window == sorted(window),
        gettext_noop("Offered until"),
        gettext_noop("Enter a last day after the first one."),
    )


def _check_limit_and_budget(new: NewBenefit) -> None:
    limit = gettext_noop("Limit per person")
    _require(
        (new.limit_pieces is None) == (new.limit_period is None),
        limit,
        gettext_noop("Enter a number and choose a period, or neither."),
    )
    _require(new.limit_pieces is None or 1 <= new.limit_pieces <= LIMIT_MAX, limit, gettext_noop("Enter 1 to 1,000."))
    budget = gettext_noop("Budget")
    has_budget = new.budget_minutes is not None or new.budget_pieces is not None
    _require(
        has_budget == (new.budget_period is not None),
        budget,
        gettext_noop("Enter hours or pieces and choose a period, or none of them."),
    )
    _require(
        new.budget_period is None or new.budget_period in BUDGET_PERIODS,
        budget,
        gettext_noop("A budget is for a month, a quarter or a year."),
    )
    fits = (new.budget_minutes is None or 0 <= new.budget_minutes <= BUDGET_MINUTES_MAX) and (
        new.budget_pieces is None or 0 <= new.budget_pieces <= STOCK_MAX
    )
    _require(fits, budget, gettext_noop("Enter figures from 0 on; fewer than a million pieces, ten million hours."))


def _check_missing_a_day(new: NewBenefit) -> None:
    _require(
        0 <= new.cancel_hours <= CANCEL_HOURS_MAX,
        gettext_noop("Cancelling: hours before"),
        gettext_noop("Enter 0 to 720 hours."),
    )
    _require(
        1 <= new.offer_hours <= OFFER_HOURS_MAX,
        gettext_noop("Waiting list: hours to accept"),
        gettext_noop("Enter 1 to 336 hours."),
    )
    _require(
        new.no_show_max is None or 1 <= new.no_show_max <= NO_SHOWS_MAX,
        gettext_noop("Pause after how many missed days"),
        gettext_noop("Enter 1 to 20."),
    )
    days = (new.no_show_days, new.no_show_pause_days)
    _require(
        all(1 <= number <= RULE_DAYS_MAX for number in days),
        gettext_noop("Days of the pause"),
        gettext_noop("Enter 1 to 730 days."),
    )
    _require(
        new.supply is Supply.DATED or (not new.no_show_keeps_minutes and new.no_show_max is None),
        gettext_noop("When somebody does not come"),
        gettext_noop("Only a benefit that is given on set days can be missed."),
    )


def check_slots(slots: Sequence[NewSlot], *, today: date) -> None:
    """Invalid where there are none or too many, or one is past, too far ahead, or has no sensible number of places."""
    days = gettext_noop("Days")
    _require(0 < len(slots) <= SLOTS_AT_ONCE_MAX, days, gettext_noop("Enter at least one day, at most 400 at once."))
    _require(
        all(today <= slot.day <= today + timedelta(days=DAYS_AHEAD_MAX) for slot in slots),
        days,
        gettext_noop("Enter days from today on, at most two years ahead."),
    )
    _require(
        all(len(slot.note) <= NOTE_LENGTH_MAX for slot in slots),
        gettext_noop("Note"),
        gettext_noop("This is too long."),
    )
    for slot in slots:
        check_places(slot.places)


def check_places(places: int) -> None:
    _require(0 <= places <= PLACES_MAX, gettext_noop("Places"), gettext_noop("Enter 0 to 5,000 places."))


def _require(fits: bool, field: str, reason: str) -> None:  # noqa: FBT001  # A guard reads best as a sentence.
    if not fits:
        raise Invalid(field=field, reason=reason)
