"""Pure rules of presence and approval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, gettext_noop

WORKING_DAYS_TO_RECORD: Final = 10
"""Order 67 of the ministry (民政部令67): recorded within ten working days after the activity has ended."""
RECORDS_MAX: Final = 20_000
REASON_LENGTH_MAX: Final = 300
WAYS: Final = frozenset({"leader", "entered"})
SATURDAY: Final = 5
Stretch = tuple[datetime, datetime]
"""From when to when."""


class AlreadyCheckedIn(DomainError):
    code = "already_checked_in"
    message = gettext_noop("%(name)s is already checked in.")


class StillCheckedIn(DomainError):
    code = "still_checked_in"
    message = gettext_noop("%(name)s is still checked in at “%(title)s”. Check out there first.")


class NotCheckedIn(DomainError):
    code = "not_checked_in"
    message = gettext_noop("This person is not checked in any more.")


class TimeInFuture(DomainError):
    code = "time_in_future"
    message = gettext_noop("This time has not come yet. Enter when it really was.")
    status = 422


class TimeOutsideDay(DomainError):
    code = "time_outside_day"
    message = gettext_noop("Enter a time on the day of the shift, %(day)s.")
    status = 422


class ShiftAlreadyOver(DomainError):
    code = "shift_already_over"
    message = gettext_noop("The shift is over. Enter the time at which this person came, before the shift's end.")
    status = 422


class OutBeforeIn(DomainError):
    code = "out_before_in"
    message = gettext_noop("The check-out must be at least a minute after the check-in.")
    status = 422


class PresenceOutsideShift(DomainError):
    code = "presence_outside_shift"
    message = gettext_noop(
        "%(name)s was there for less than a minute of the shift, so there is nothing to credit. "
        "Look at the times again, or take the check-in back."
    )


class PresenceOverlaps(DomainError):
    code = "presence_overlaps"
    message = gettext_noop("%(name)s was in another service at this time; nobody serves twice at once.")


class RecordDecided(DomainError):
    code = "record_decided"
    message = gettext_noop("This service record was already approved; it can only be corrected by a reversal.")


class NothingChosen(DomainError):
    code = "nothing_chosen"
    message = gettext_noop("Choose at least one record.")
    status = 422


class LeftOut(StrEnum):
    """Why a record was left as it is in a bulk decision."""

    OWN = "own"
    DECIDED = "decided"
    STILL_OPEN = "still_open"
    LEADER_FIRST = "leader_first"
    ANOTHER_PERSON = "another_person"
    PASSBOOK = "passbook_not_active"
    NOT_FOUND = "not_found"


LEFT_OUT_TEXTS: Final = {
    LeftOut.OWN: gettext_noop("Nobody approves their own service; somebody else has to."),
    LeftOut.DECIDED: gettext_noop("It was already decided."),
    LeftOut.STILL_OPEN: gettext_noop("The person has not been checked out yet."),
    LeftOut.LEADER_FIRST: gettext_noop("The person in charge has to approve first."),
    LeftOut.ANOTHER_PERSON: gettext_noop("The second approval must be another person's."),
    LeftOut.PASSBOOK: gettext_noop("The passbook is not active."),
    LeftOut.NOT_FOUND: gettext_noop("There is no such record, or you may not see it."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """Presence that is known already.

    `through` "entered" (补录): honorary hours, with the `reason` that the norm asks for. Any other way: the times were
    taken down on the day, and the hours are of the activity's kind.
    """

    shift_id: int
    person_id: int
    checked_in_at: datetime
    checked_out_at: datetime
    through: str = "entered"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision on many records did. `minutes` were deposited; `advanced` wait for the second approval."""

    done: int
    minutes: int = 0
    advanced: int = 0
    left_out: dict[int, LeftOut] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Who decides: their person, whether they coordinate, and how many approvals the bank's policy wants."""

    reference: str
    person_id: int | None
    is_planner: bool
    is_system: bool
    levels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A record as a judge needs to see it; `first_approver_ref` is empty before the first approval."""

    state: str
    person_id: int
    person_in_charge_id: int
    levels_approved: int
    first_approver_ref: str = ""


def judgement(case: Case, judge: Judge) -> LeftOut | None:
    """None where `judge` may take the record's next step, otherwise why not.

    One level: who leads the activity, or a coordinator. Two levels: first who leads it (a coordinator where the leader is
    the volunteer), then a coordinator who is somebody else. Never the volunteer.
    """
    if judge.person_id is not None and judge.person_id == case.person_id:
        return LeftOut.OWN
    if case.state == "open":
        return LeftOut.STILL_OPEN
    if case.state != "submitted":
        return LeftOut.DECIDED
    if judge.is_system or judge.levels == 1:
        return None
    if case.levels_approved == 0:
        leader_is_volunteer = case.person_in_charge_id == case.person_id
        is_leader = judge.person_id is not None and judge.person_id == case.person_in_charge_id
        return None if is_leader or (leader_is_volunteer and judge.is_planner) else LeftOut.LEADER_FIRST
    if not judge.is_planner or judge.reference == case.first_approver_ref:
        return LeftOut.ANOTHER_PERSON
    return None


def credited_minutes(stretch: Stretch, shift: Stretch) -> int:
    """What is put to the bank: whole minutes of the presence that lie inside the shift (norm of the ministry)."""
    return max(0, clock.whole_minutes_between(max(stretch[0], shift[0]), min(stretch[1], shift[1])))


def due_day(ended_on: date, *, working_days: int = WORKING_DAYS_TO_RECORD) -> date:
    """The last day for the decision: `working_days` weekdays after `ended_on`."""
    day, left = ended_on, working_days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY:
            left -= 1
    return day


def working_days_left(today: date, due_on: date) -> int:
    """Weekdays after `today` up to and with `due_on`; negative where the day has passed."""
    first, last, sign = (today, due_on, 1) if due_on >= today else (due_on, today, -1)
    weeks, rest = divmod((last - first).days, 7)
    extra = sum((first + timedelta(days=day)).weekday() < SATURDAY for day in range(1, rest + 1))
    return sign * (weeks * SATURDAY + extra)


def check_moment(moment: datetime, *, shift_day: date, now: datetime) -> None:
    """A time of presence is not in the future and lies on the day of the shift."""
    if moment > now:
        raise TimeInFuture
    if clock.local_day(moment) != shift_day:
        raise TimeOutsideDay(day=shift_day)


def present_minutes(checked_in_at: datetime, checked_out_at: datetime) -> int:
    """Whole minutes between in and out; OutBeforeIn where that is no time at all."""
    minutes = clock.whole_minutes_between(checked_in_at, checked_out_at)
    if minutes < 1:
        raise OutBeforeIn
    return minutes


def overlaps(start: datetime, end: datetime, others: Iterable[Stretch]) -> bool:
    """True where the stretch shares time with any of `others`; stretches that only touch do not."""
    return any(other_start < end and other_end > start for other_start, other_end in others)
