"""Pure rules of presence and approval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from xinshi.kernel import clock, workdays
from xinshi.kernel.errors import DomainError, gettext_noop

WORKING_DAYS_TO_RECORD: Final = 10
"""Order 67 of the ministry (民政部令67): recorded within ten working days after the activity has ended."""
DUE_SOON_WORKING_DAYS: Final = 2
"""So long before the last day leaders and the station are reminded."""
RECORDS_MAX: Final = 20_000
REASON_LENGTH_MAX: Final = 300
WAYS: Final = frozenset({"leader", "entered", "qr", "own_code", "kiosk", "offline"})
"""By which ways somebody may check in; verified hours need one of them, other than "entered", for coming and for going."""
CLOSED_BY_RULE: Final = "rule"
"""Nobody said when the person left: such a check-out makes no verified hours (志愿汇: 信用时数 needs both)."""
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


class RecordReplaced(DomainError):
    code = "record_replaced"
    message = gettext_noop("This service record was already replaced by a correction; the newer one counts.")


class HadPart(DomainError):
    code = "had_part"
    message = gettext_noop("You had a part in this yourself. Somebody who had none has to answer it.")
    status = 403


class NoShiftThatDay(DomainError):
    code = "no_shift_that_day"
    message = gettext_noop(
        "“%(title)s” has no shift at this time on %(day)s. Grant a time of one of its shifts, or refuse and have the "
        "service entered as one that is missing."
    )
    status = 422


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
    PRESENCE = "presence_too_short"
    PASSBOOK = "passbook_not_active"
    ANOMALY = "anomaly"
    NOT_FOUND = "not_found"


LEFT_OUT_TEXTS: Final = {
    LeftOut.OWN: gettext_noop("Nobody approves their own service; somebody else has to."),
    LeftOut.DECIDED: gettext_noop("It was already decided."),
    LeftOut.STILL_OPEN: gettext_noop("The person has not been checked out yet."),
    LeftOut.LEADER_FIRST: gettext_noop("The person in charge has to approve first."),
    LeftOut.ANOTHER_PERSON: gettext_noop("The second approval must be another person's."),
    LeftOut.PRESENCE: gettext_noop(
        "The person was present for less of the scheduled time than the policy asks for. Correct the times, or refuse it."
    ),
    LeftOut.PASSBOOK: gettext_noop("The passbook is not active."),
    LeftOut.ANOMALY: gettext_noop(
        "Something about its presence looks odd. Decide about it under To look at, or correct or refuse the record."
    ),
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
    is_too_short: bool = False
    """Presence below the least share of the scheduled time that the policy of the day asks for."""


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
    if case.is_too_short:
        return LeftOut.PRESENCE
    if judge.is_system or judge.levels == 1:
        return None
    if case.levels_approved == 0:
        leader_is_volunteer = case.person_in_charge_id == case.person_id
        is_leader = judge.person_id is not None and judge.person_id == case.person_in_charge_id
        return None if is_leader or (leader_is_volunteer and judge.is_planner) else LeftOut.LEADER_FIRST
    if not judge.is_planner or judge.reference == case.first_approver_ref:
        return LeftOut.ANOTHER_PERSON
    return None


def kind_once_corrected(
    *, kind: str, was: tuple[datetime, datetime | None], becomes: Stretch, through: tuple[str, str]
) -> str:
    """Verified hours stay so only where sign-in and sign-out both stand; any other time is entered afterwards: honorary."""
    return kind if was == becomes and "entered" not in through else "honorary"


def credited_minutes(stretch: Stretch, shift: Stretch) -> int:
    """What is put to the bank: whole minutes of the presence that lie inside the shift (norm of the ministry)."""
    return max(0, clock.whole_minutes_between(max(stretch[0], shift[0]), min(stretch[1], shift[1])))


def is_too_short(credited_minutes: int, scheduled_minutes: int, *, min_percent: int) -> bool:
    """True where the presence inside the shift is below the least share for any hours at all (云南: 60 %)."""
    return credited_minutes * 100 < min_percent * scheduled_minutes


def due_day(ended_on: date, *, working_days: int = WORKING_DAYS_TO_RECORD) -> date:
    """The last day for the decision: `working_days` working days after `ended_on`, by the Chinese calendar."""
    return workdays.working_days_after(ended_on, working_days)


def working_days_left(today: date, due_on: date) -> int:
    """Working days after `today` up to and with `due_on`; negative where the day has passed."""
    return workdays.working_days_between(today, due_on)


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
