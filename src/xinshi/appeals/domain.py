"""Pure rules of requests for correction: what may be asked, who answers it, until when, what follows from what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from xinshi.attendance.domain import due_day, working_days_left
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import DomainError, gettext_noop

TEXT_LENGTH_MAX: Final = 1_000
TEXT_LENGTH_MIN: Final = 5
REASON_LENGTH_MIN: Final = 6
"""An answer says why: a word such as “no” is none."""
EVIDENCE_MAX: Final = 6
ADDITIONS_MAX: Final = 20
DAY_MINUTES: Final = 24 * 60
FIRST_LEVEL: Final = 1
SECOND_LEVEL: Final = 2
ROLE_OF_LEVEL: Final[Mapping[int, Role]] = {FIRST_LEVEL: Role.COORDINATOR, SECOND_LEVEL: Role.ADMINISTRATOR}


class CorrectionKind(StrEnum):
    """What a request is about."""

    RECORD = "record"
    MISSING = "missing"
    DEPOSIT = "deposit"
    VOUCHER = "voucher"
    STAR = "star"
    NOTICE = "notice"


class Remedy(StrEnum):
    """What is asked for a voucher."""

    CANCEL = "cancel"
    EXCUSE = "excuse"
    REFUND = "refund"


class RequestState(StrEnum):
    OPEN = "open"
    MORE_ASKED = "more_asked"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        return self in OPEN_STATES


OPEN_STATES: Final = (RequestState.OPEN, RequestState.MORE_ASKED)
DECIDED_STATES: Final = (RequestState.GRANTED, RequestState.PARTLY, RequestState.REFUSED)


class What(StrEnum):
    """What happened to a request: a line of its trail."""

    ASKED = "asked"
    SET_ASIDE = "set_aside"
    NOT_SET_ASIDE = "not_set_aside"
    MORE_ASKED = "more_asked"
    MORE_GIVEN = "more_given"
    LEFT_OPEN = "left_open"
    ESCALATED = "escalated"
    OVERDUE = "overdue"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STEPS: Final[Mapping[tuple[RequestState, What], RequestState]] = {
    (RequestState.OPEN, What.MORE_ASKED): RequestState.MORE_ASKED,
    (RequestState.OPEN, What.MORE_GIVEN): RequestState.OPEN,
    (RequestState.MORE_ASKED, What.MORE_GIVEN): RequestState.OPEN,
    (RequestState.OPEN, What.LEFT_OPEN): RequestState.OPEN,
    (RequestState.OPEN, What.ESCALATED): RequestState.OPEN,
    (RequestState.OPEN, What.OVERDUE): RequestState.OPEN,
    **{
        (state, what): RequestState(what.value)
        for state in OPEN_STATES
        for what in (What.GRANTED, What.PARTLY, What.REFUSED, What.WITHDRAWN)
    },
}
"""Every step that there is; what is decided or withdrawn has none."""


class RequestEnded(DomainError):
    code = "correction_request_ended"
    message = gettext_noop("This request was already answered or withdrawn, so nothing was done now.")


class StepNotPossible(DomainError):
    code = "correction_step_not_possible"
    message = gettext_noop(
        "This cannot be done while the request is in this state. Open it again to see where it stands."
    )


class AlreadyAsked(DomainError):
    code = "correction_already_asked"
    message = gettext_noop("A request about this is open already. Add to it, or wait for its answer.")


class NotAskable(DomainError):
    code = "correction_not_askable"
    message = gettext_noop("This cannot be asked about it. Choose another reason, or describe service that is missing.")
    status = 422


class TextTooShort(DomainError):
    code = "correction_text_too_short"
    message = gettext_noop("Say in a sentence what happened, so that somebody who was not there understands it.")
    status = 422


class ReasonTooShort(DomainError):
    code = "correction_reason_too_short"
    message = gettext_noop("Say why in a sentence; the person who asked will read it.")
    status = 422


class TimesMissing(DomainError):
    code = "correction_times_missing"
    message = gettext_noop("Say from when to when the service was, or how long it was.")
    status = 422


class TimesNotPossible(DomainError):
    code = "correction_times_not_possible"
    message = gettext_noop("The service begins and ends on one day, at least a minute apart, and not in the future.")
    status = 422


class ServiceNotDescribed(DomainError):
    code = "correction_service_not_described"
    message = gettext_noop("Say which service it was, where, and of which category, or choose the shift.")
    status = 422


class OrganiserMissing(DomainError):
    code = "correction_organiser_missing"
    message = gettext_noop("Choose the shift in which it was, or the organiser and the person in charge.")
    status = 422


class MinutesSpent(DomainError):
    code = "correction_minutes_spent"
    message = gettext_noop(
        "Some of the hours that would be taken back were spent: %(available_hours)s hours are left, %(needed_hours)s are "
        "needed. Grant times that do not lower the hours, or leave the request open and tell the volunteer why."
    )


class StarNotReached(DomainError):
    code = "correction_star_not_reached"
    message = gettext_noop("By the policy in force these hours give no higher star, so there is nothing to grant.")


class NotAppealable(DomainError):
    code = "correction_not_appealable"
    message = gettext_noop(
        "Only an answer of the first level that did not grant everything can be appealed against, and only once."
    )


class TooMuchEvidence(DomainError):
    code = "correction_too_much_evidence"
    message = gettext_noop("At most %(number)s files belong to one request.")
    status = 422


class TooManyAdditions(DomainError):
    code = "correction_too_many_additions"
    message = gettext_noop("Much was added to this request already. Wait for the answer, please.")


class PassbookNeeded(DomainError):
    code = "correction_passbook_needed"
    message = gettext_noop("There is no passbook yet, so there is nothing to correct. Have one opened at the station.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants, in typed fields; which of them are needed depends on the kind."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minutes: int | None = None
    remedy: Remedy | None = None
    title: str = ""
    place: str = ""
    category: str = ""
    shift_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A request as it is made; `person_id` is whose hours it is about, where somebody else types it for them."""

    kind: CorrectionKind
    subject_ref: str = ""
    text: str
    asked: Asked = Asked()
    person_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is granted; for times only where times were asked. `organizer_id` and `person_in_charge_id` make a shift of their
    own for service that belongs to none that is known."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    shift_id: int | None = None
    organizer_id: int | None = None
    person_in_charge_id: int | None = None


def step(state: RequestState, what: What) -> RequestState:
    """The state after `what`; RequestEnded where nothing can happen any more, StepNotPossible where this cannot now."""
    following = STEPS.get((state, what))
    if following is not None:
        return following
    raise StepNotPossible if state.is_open else RequestEnded


def references_of(reference: str, person_id: int | None) -> frozenset[str]:
    """By which references somebody may be known to have had a part."""
    return frozenset({reference} if person_id is None else {reference, f"person:{person_id}"})


def is_independent(references: Collection[str], parts: Iterable[str]) -> bool:
    """True for who had no part: none of their references is among `parts`."""
    return set(references).isdisjoint(parts)


def levels_answered(roles: Collection[Role]) -> tuple[int, ...]:
    """At which levels the holder of `roles` answers."""
    return tuple(level for level, role in ROLE_OF_LEVEL.items() if role in roles)


def first_due(asked_on: date, *, answer_days: int) -> date:
    """By when a request made on `asked_on` is to be answered."""
    return due_day(asked_on, working_days=answer_days)


def days_kept(today: date, due_on: date) -> int:
    """Working days that are left when the clock stops; at least one, so that there is a day to answer on afterwards."""
    return max(1, working_days_left(today, due_on))


def due_again(today: date, *, days_left: int) -> date:
    """By when the answer is due once the clock goes on."""
    return due_day(today, working_days=days_left)


def checked_text(typed: str) -> str:
    text = typed.strip()[:TEXT_LENGTH_MAX]
    if len(text) < TEXT_LENGTH_MIN:
        raise TextTooShort
    return text


def checked_reason(typed: str) -> str:
    text = typed.strip()[:TEXT_LENGTH_MAX]
    if len(text) < REASON_LENGTH_MIN:
        raise ReasonTooShort
    return text


def check_asked(kind: CorrectionKind, asked: Asked, *, now: datetime) -> None:
    """What this kind needs is said, and may be true."""
    if (asked.starts_at is None) != (asked.ends_at is None):
        raise TimesMissing
    if kind == CorrectionKind.RECORD and asked.starts_at is None and asked.minutes is None:
        raise TimesMissing
    if kind == CorrectionKind.MISSING:
        if asked.starts_at is None:
            raise TimesMissing
        if asked.shift_id is None and not (asked.title.strip() and asked.place.strip() and asked.category):
            raise ServiceNotDescribed
    if kind == CorrectionKind.VOUCHER and asked.remedy is None:
        raise NotAskable
    if asked.minutes is not None and not 1 <= asked.minutes <= DAY_MINUTES:
        raise TimesNotPossible
    if asked.starts_at is not None and asked.ends_at is not None:
        check_times(asked.starts_at, asked.ends_at, now=now)


def check_times(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """One day, at least a minute, over by now (norm of the ministry on entering hours)."""
    is_one_day = clock.local_day(starts_at) == clock.local_day(ends_at)
    if not is_one_day or clock.whole_minutes_between(starts_at, ends_at) < 1 or ends_at > now:
        raise TimesNotPossible


def outcome(asked: Asked, given: Given, *, minutes: int | None) -> What:
    """Granted where everything asked was given, else partly. `minutes` is what was credited, where times were asked."""
    if asked.starts_at is not None:
        is_all = (asked.starts_at, asked.ends_at) == (given.starts_at, given.ends_at)
    elif asked.minutes is not None:
        is_all = minutes == asked.minutes
    else:
        is_all = True
    return What.GRANTED if is_all else What.PARTLY


def missing_subject(starts_at: datetime) -> str:
    """The reference of service that has no record: its beginning, so that it is asked for once."""
    return f"service-at:{starts_at.astimezone(clock.HOSPITAL_ZONE):%Y%m%d%H%M}"
