"""Pure rules of requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from xinshi.activities.domain import (
    CATEGORY_CODES,
    PLACE_LENGTH_MAX,
    PLACES_MAX,
    TITLE_LENGTH_MAX,
    NewShift,
    check_shift,
)
from xinshi.kernel import clock, workdays
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

ANSWER_WORKING_DAYS: Final = 3
"""Within so many working days a department has its answer."""
OPEN_STATES: Final = ("asked", "planning")


class RequestSettled(DomainError):
    code = "request_settled"
    message = gettext_noop("This request has its answer already.")


class RequestPast(DomainError):
    code = "request_past"
    message = gettext_noop("The time asked for is over. Ask again for another day, or decline and say why.")


class RequestPlanned(DomainError):
    code = "request_planned"
    message = gettext_noop("A draft was planned for this request already. Change that one, then publish it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewServiceRequest:
    """What a department asks for; `key` is of the form that was sent, so that a second click is the same request."""

    department_id: int
    title: str
    category: str
    place: str
    starts_at: datetime
    ends_at: datetime
    people_number: int
    key: str
    qualifications: tuple[str, ...] = ()
    description: str = ""
    contact: str = ""


def check_request(new: NewServiceRequest) -> None:
    """Raise Invalid for what is empty, too long, or over already."""
    if not 1 <= len(new.title.strip()) <= TITLE_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Title"), reason=gettext_noop("Write between 1 and 80 characters."))
    if not 1 <= len(new.place.strip()) <= PLACE_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Place"), reason=gettext_noop("Write between 1 and 120 characters."))
    if new.category not in CATEGORY_CODES:
        raise Invalid(
            field=gettext_noop("Service category"), reason=gettext_noop("Choose a category of the national list.")
        )
    if len(new.description) > 500 or len(new.contact) > 100:
        raise Invalid(field=gettext_noop("Description"), reason=gettext_noop("Write at most 500 characters."))
    if not 1 <= new.people_number <= PLACES_MAX:
        raise Invalid(
            field=gettext_noop("How many people"), reason=gettext_noop("A shift has between 1 and 5000 places.")
        )
    check_shift(NewShift(starts_at=new.starts_at, ends_at=new.ends_at, places=new.people_number))
    if new.starts_at <= clock.now():
        raise Invalid(field=gettext_noop("Day"), reason=gettext_noop("Choose a time that is still to come."))


def answer_due(asked_on: date, wanted_on: date) -> date:
    """Three working days after it was asked, but not after the day that it is for."""
    return max(asked_on, min(workdays.working_days_after(asked_on, ANSWER_WORKING_DAYS), wanted_on))
