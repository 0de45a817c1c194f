"""Pure rules of organisations: how an agreement stands, when it is to be spoken of, how far a year's target is reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

REMINDED_DAYS_BEFORE: Final = (90, 30)
"""So many days before an agreement ends its keepers and the coordinators are told."""
NEWCOMER_DAYS: Final = 30
ACTIVE_DAYS: Final = 90
AGREEMENT_YEARS_MAX: Final = 20
DEPTH_MAX: Final = 8


class AgreementStands(DomainError):
    code = "agreement_stands"
    message = gettext_noop("The terms of a signed agreement stay as they are. End it, or draft one that renews it.")


class AgreementOver(DomainError):
    code = "agreement_over"
    message = gettext_noop("This agreement has ended. Draft one that renews it.")


class AgreementNotSigned(DomainError):
    code = "agreement_not_signed"
    message = gettext_noop("Write down on which day both sides signed: today at the latest.")
    status = 422


class AgreementPast(DomainError):
    code = "agreement_past"
    message = gettext_noop("Its last day is over already. Correct the draft first.")
    status = 422


class DatesOutOfOrder(DomainError):
    code = "dates_out_of_order"
    message = gettext_noop("The last day cannot come before the first, and at most 20 years lie between them.")
    status = 422


class DesignationOver(DomainError):
    code = "designation_over"
    message = gettext_noop("This has ended and is not reviewed any more. Name a new one.")


class ReviewDateWrong(DomainError):
    code = "review_date_wrong"
    message = gettext_noop("The next review comes after today and after the beginning, within three years.")
    status = 422


class AgreementStanding(StrEnum):
    """How an agreement stands on a day; of a signed one the calendar decides."""

    DRAFT = "draft"
    TO_BEGIN = "to_begin"
    IN_FORCE = "in_force"
    ENDING = "ending"
    ENDED = "ended"


def standing(state: str, *, starts_on: date, ends_on: date, today: date) -> AgreementStanding:
    """`ending` within 90 days of the last day; an agreement is over the day after it, whether or not that was booked."""
    if state == "draft":
        return AgreementStanding.DRAFT
    if state == "ended" or ends_on < today:
        return AgreementStanding.ENDED
    if starts_on > today:
        return AgreementStanding.TO_BEGIN
    return AgreementStanding.ENDING if (ends_on - today).days <= REMINDED_DAYS_BEFORE[0] else AgreementStanding.IN_FORCE


def reminder_due(ends_on: date, *, today: date) -> int | None:
    """The reminder that stands now, 90 or 30 days before the end; None where there is none yet, or it is over."""
    left = (ends_on - today).days
    due = [days for days in REMINDED_DAYS_BEFORE if 0 <= left <= days]
    return min(due) if due else None


def check_terms(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on or ends_on.year - starts_on.year > AGREEMENT_YEARS_MAX:
        raise DatesOutOfOrder


def check_signing(*, signed_on: date | None, ends_on: date, today: date) -> None:
    """What must be true before an agreement is put in force."""
    if signed_on is None or signed_on > today:
        raise AgreementNotSigned
    if ends_on < today:
        raise AgreementPast


def check_review_date(review_on: date, *, started_on: date, today: date) -> None:
    if review_on <= max(started_on, today) or review_on > today + timedelta(days=3 * 366):
        raise ReviewDateWrong


@dataclass(frozen=True, slots=True)
class Progress:
    """A year's target and what was achieved of it, in the unit of the target."""

    achieved: int
    target: int
    expected: int
    """What would be achieved by now if every day brought the same."""

    @property
    def percent(self) -> int:
        return self.achieved * 100 // self.target

    @property
    def is_behind(self) -> bool:
        return self.achieved < self.expected


def progress(*, achieved: int, target_per_year: int, started_on: date, today: date) -> Progress:
    """Of the calendar year of `today`: one that started within the year has the target's share of what was left of it."""
    first, last = date(today.year, 1, 1), date(today.year, 12, 31)
    begun = max(first, started_on)
    whole = (last - first).days + 1
    target = max(1, target_per_year * ((last - begun).days + 1) // whole) if begun <= last else target_per_year
    gone = max(0, (today - begun).days)
    return Progress(achieved=achieved, target=target, expected=target_per_year * gone // whole)


def year_so_far(started_on: date, *, today: date) -> tuple[date, date]:
    """The days that count for this year's target."""
    return max(started_on, date(today.year, 1, 1)), today


def review_window(started_on: date, *, today: date) -> tuple[date, date]:
    """The days that a review looks at: the last twelve months, or since the beginning."""
    return max(started_on, today - timedelta(days=364)), today
