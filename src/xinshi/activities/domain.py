"""Pure rules of activities and sign-up: what a shift may be, why somebody may not take a place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from xinshi.activities.requirements import AGE_MAX, NO_REQUIREMENTS, Requirements
from xinshi.kernel import clock
from xinshi.kernel.codes import SERVICE_CATEGORIES, HoursKind
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

PLACES_MAX: Final = 5_000
SHIFTS_MAX: Final = 60
ROLES_MAX: Final = 12
ROLE_NAME_LENGTH_MAX: Final = 40
ROLE_DESCRIPTION_LENGTH_MAX: Final = 500
CLOSES_MINUTES_MAX: Final = 90 * 24 * 60
RESERVE_MAX: Final = 1_000
FIRST_DAY: Final = date(1990, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""No activity is on a day outside these: such a date is a slip of the keyboard, and calendars end somewhere."""
ACTIVITIES_AT_ONCE_MAX: Final = 5_000
TITLE_LENGTH_MAX: Final = 80
PLACE_LENGTH_MAX: Final = 120
DESCRIPTION_LENGTH_MAX: Final = 2_000
RISKS_LENGTH_MAX: Final = 1_000
REASON_LENGTH_MAX: Final = 300
NOTE_LENGTH_MAX: Final = 300
CATEGORY_CODES: Final = frozenset(code for code, _english, _chinese in SERVICE_CATEGORIES)


class ShiftFull(DomainError):
    code = "shift_full"
    message = gettext_noop("All places of this shift are taken.")


class ShiftStarted(DomainError):
    code = "shift_started"
    message = gettext_noop("This shift has already begun. Speak to the person in charge at the place.")


class ShiftOver(DomainError):
    code = "shift_over"
    message = gettext_noop("This shift is over. Hours served are entered afterwards by a coordinator.")


class ActivityNotOpen(DomainError):
    code = "activity_not_open"
    message = gettext_noop("This activity takes no sign-ups: it is not published, or it was cancelled.")


class AlreadySignedUp(DomainError):
    code = "already_signed_up"
    message = gettext_noop("The place in this shift is already yours.")


class TimeConflict(DomainError):
    code = "time_conflict"
    message = gettext_noop("Another shift is at the same time: “%(title)s”. Cancel that one first.")


class PassbookMissing(DomainError):
    code = "passbook_missing"
    message = gettext_noop("There is no passbook yet. Have one opened at the volunteer service station.")


class PassbookNotActive(DomainError):
    code = "passbook_not_active"
    message = gettext_noop("The passbook is not active. Ask the volunteer service station why.")


class SignUpGone(DomainError):
    code = "signup_gone"
    message = gettext_noop("This sign-up was already cancelled.")


class TooLateToCancel(DomainError):
    code = "too_late_to_cancel"
    message = gettext_noop(
        "It is too late to give the place back yourself: look for a stand-in, or tell the person in charge."
    )


class AlreadyAttended(DomainError):
    code = "already_attended"
    message = gettext_noop("This person has already been checked in; take the check-in back first.")


class NothingToChange(DomainError):
    code = "activity_closed"
    message = gettext_noop("A cancelled or finished activity cannot be changed any more.")


class NotADraft(DomainError):
    code = "not_a_draft"
    message = gettext_noop("Only a draft can be published.")


class PlacesTaken(DomainError):
    code = "places_taken"
    message = gettext_noop("%(taken)s places are taken already. Cancel sign-ups before you offer fewer places.")


class ShiftHasPeople(DomainError):
    code = "shift_has_people"
    message = gettext_noop(
        "People have signed up for this shift, so it stays on record. Call the activity off or offer fewer places."
    )


class ShiftHasPresence(DomainError):
    code = "shift_has_presence"
    message = gettext_noop("People have already been checked in for this shift, so it stays on its day.")


class MoveConflicts(DomainError):
    code = "move_conflicts"
    message = gettext_noop(
        "At the new time somebody who signed up also has a place in “%(title)s”. Choose another time, "
        "or cancel that person's place first."
    )


class ActivityBusy(DomainError):
    code = "activity_busy"
    message = gettext_noop("Many people are signing up for this activity at this very moment. Please try again.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = gettext_noop("Say why; the people concerned will read it.")
    status = 422


class SomebodySignedUp(DomainError):
    code = "somebody_signed_up"
    message = gettext_noop(
        "Somebody has signed up already, so the publication cannot be taken back. Change the activity, or call it off "
        "and say why."
    )


class ServiceAlreadyGiven(DomainError):
    code = "service_already_given"
    message = gettext_noop("People have already served in this activity, so it cannot be cancelled.")


class NothingToSetAside(DomainError):
    code = "nothing_to_set_aside"
    message = gettext_noop(
        "Nothing stands against this place, so no rule need be set aside. Add the person without a reason."
    )


class PlaceIsFree(DomainError):
    code = "place_is_free"
    message = gettext_noop("A place is free: sign up instead of waiting.")


class WaitingListFull(DomainError):
    code = "waiting_list_full"
    message = gettext_noop("The waiting list is full too. Choose another shift.")


class NotOffered(DomainError):
    code = "not_offered"
    message = gettext_noop("No place is offered to you yet. You are told as soon as one is free.")


class OfferOver(DomainError):
    code = "offer_over"
    message = gettext_noop("The time to say yes is over, and the place goes to somebody else.")


class NotRequested(DomainError):
    code = "not_requested"
    message = gettext_noop("This request is not open any more.")


class NotANoShow(DomainError):
    code = "not_a_no_show"
    message = gettext_noop("This sign-up is not marked as “did not come”.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShift:
    """A stretch of time on one day of the hospital in one role, with its places.

    `role` is the name of one of the activity's roles; `reserve` how many may wait for a place; `shift_id` where it is an
    existing shift changed.
    """

    starts_at: datetime
    ends_at: datetime
    places: int
    minimum: int = 1
    reserve: int = 0
    role: str = ""
    shift_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """What volunteers do (岗位) and who can do it; the name is empty where an activity has one role only."""

    name: str = ""
    description: str = ""
    requirements: Requirements = NO_REQUIREMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """An activity to be created; `state` other than `draft` is for bulk creation of what is known already.

    `allowance_yuan`: what one person gets a day for fares and meals. `is_compulsory` and `rewards_donations` are never
    stored: whoever says so is refused (`activities.recordable`).
    """

    title: str
    category: str
    place: str
    organizer_id: int
    person_in_charge_id: int
    shifts: tuple[NewShift, ...]
    roles: tuple[NewRole, ...] = (NewRole(),)
    programme_id: int | None = None
    description: str = ""
    risks: str = ""
    hours_kind: HoursKind = HoursKind.VERIFIED
    recruits: str = "everybody"
    team_id: int | None = None
    sign_up_way: str = "at_once"
    is_coupled: bool = False
    is_dangerous: bool = False
    sign_up_closes_minutes: int = 0
    cancel_closes_minutes: int = 0
    allowance_yuan: int = 0
    is_off_duty: bool = False
    is_compulsory: bool = False
    rewards_donations: bool = False
    state: str = "draft"


@dataclass(frozen=True, slots=True)
class CreatedActivity:
    activity_id: int
    shift_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TakenTime:
    """A shift in which somebody has a place."""

    shift_id: int
    title: str
    starts_at: datetime
    ends_at: datetime


def check_activity(activity: NewActivity) -> None:
    """Raise Invalid for what is empty, too long, or not in the ministry's list."""
    if not 1 <= len(activity.title.strip()) <= TITLE_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Title"), reason=gettext_noop("Write between 1 and 80 characters."))
    if not 1 <= len(activity.place.strip()) <= PLACE_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Place"), reason=gettext_noop("Write between 1 and 120 characters."))
    if len(activity.description) > DESCRIPTION_LENGTH_MAX:
        raise Invalid(field=gettext_noop("What volunteers do"), reason=gettext_noop("Write at most 2000 characters."))
    if len(activity.risks) > RISKS_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Risks"), reason=gettext_noop("Write at most 1000 characters."))
    if activity.category not in CATEGORY_CODES:
        raise Invalid(
            field=gettext_noop("Service category"), reason=gettext_noop("Choose a category of the national list.")
        )
    if not 1 <= len(activity.shifts) <= SHIFTS_MAX:
        raise Invalid(field=gettext_noop("Shifts"), reason=gettext_noop("An activity has between 1 and 60 shifts."))
    check_roles(activity.roles)
    check_sign_up(activity)
    names = {role.name for role in activity.roles}
    for shift in activity.shifts:
        check_shift(shift)
        if shift.role not in names:
            raise Invalid(field=gettext_noop("Roles"), reason=gettext_noop("Choose one of the list."))


def check_roles(roles: Sequence[NewRole]) -> None:
    """Each role has its own name, and asks for what somebody can have."""
    names = [role.name for role in roles]
    if not 1 <= len(names) <= ROLES_MAX or len(set(names)) != len(names):
        raise Invalid(
            field=gettext_noop("Roles"), reason=gettext_noop("Between 1 and 12 roles, each with its own name.")
        )
    for role in roles:
        if role.name != role.name.strip() or len(role.name) > ROLE_NAME_LENGTH_MAX:
            raise Invalid(field=gettext_noop("Roles"), reason=gettext_noop("The name of a role has at most 40 signs."))
        if len(role.description) > ROLE_DESCRIPTION_LENGTH_MAX:
            raise Invalid(field=gettext_noop("Roles"), reason=gettext_noop("Write at most 500 characters."))
        ages = (role.requirements.age_min, role.requirements.age_max)
        if any(age is not None and not 0 <= age <= AGE_MAX for age in ages):
            raise Invalid(field=gettext_noop("Age"), reason=gettext_noop("Between 0 and 120 years."))
        if ages[0] is not None and ages[1] is not None and ages[0] > ages[1]:
            raise Invalid(field=gettext_noop("Age"), reason=gettext_noop("The lowest age is above the highest."))


def check_sign_up(activity: NewActivity) -> None:
    """Whom it recruits and until when one may sign up and give back."""
    if activity.recruits == "team" and activity.team_id is None:
        raise Invalid(field=gettext_noop("Team"), reason=gettext_noop("Choose whose members are invited."))
    for minutes in (activity.sign_up_closes_minutes, activity.cancel_closes_minutes):
        if not 0 <= minutes <= CLOSES_MINUTES_MAX:
            raise Invalid(
                field=gettext_noop("Sign-up closes"), reason=gettext_noop("At most 90 days before the shift.")
            )


def check_shift(shift: NewShift) -> None:
    """A shift begins and ends on one day of the hospital and has places (norm: hours lie inside one day)."""
    if not FIRST_DAY < shift.starts_at.date() < LAST_DAY or not FIRST_DAY < shift.ends_at.date() < LAST_DAY:
        raise Invalid(field=gettext_noop("Day"), reason=gettext_noop("Choose a day between 1990 and 2199."))
    if clock.whole_minutes_between(shift.starts_at, shift.ends_at) < 1:
        raise Invalid(field=gettext_noop("Ends"), reason=gettext_noop("A shift ends after it begins."))
    if clock.local_day(shift.starts_at) != clock.local_day(shift.ends_at):
        raise Invalid(
            field=gettext_noop("Ends"),
            reason=gettext_noop("A shift ends on the day on which it begins. Make two shifts of a night."),
        )
    if not 1 <= shift.places <= PLACES_MAX:
        raise Invalid(field=gettext_noop("Places"), reason=gettext_noop("A shift has between 1 and 5000 places."))
    if not 0 <= shift.minimum <= shift.places:
        raise Invalid(
            field=gettext_noop("At least"),
            reason=gettext_noop("At least so many must come, and no more than the places."),
        )
    if not 0 <= shift.reserve <= RESERVE_MAX:
        raise Invalid(
            field=gettext_noop("Waiting list"), reason=gettext_noop("Between 0 and 1000 people may wait for a place.")
        )


def conflict(taken: Iterable[TakenTime], *, starts_at: datetime, ends_at: datetime) -> TakenTime | None:
    """The first of the shifts `taken` that is at the same time; shifts that only touch do not conflict."""
    return next((other for other in taken if other.starts_at < ends_at and other.ends_at > starts_at), None)


def overlapping_pairs(shifts: Sequence[tuple[int, datetime, datetime]]) -> set[int]:
    """Of one person's `(key, starts_at, ends_at)` the keys of those that begin before an earlier one has ended."""
    late: set[int] = set()
    latest_end: datetime | None = None
    for key, starts_at, ends_at in sorted(shifts, key=lambda shift: (shift[1], shift[2])):
        if latest_end is not None and starts_at < latest_end:
            late.add(key)
            continue
        latest_end = ends_at
    return late
