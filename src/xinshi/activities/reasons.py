"""Why somebody may not take a place: each reason with its sentence and with what would help."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final

from xinshi.activities.domain import (
    ActivityNotOpen,
    AlreadySignedUp,
    PassbookMissing,
    PassbookNotActive,
    ShiftFull,
    ShiftOver,
    ShiftStarted,
    TimeConflict,
)
from xinshi.kernel.errors import DomainError, gettext_noop


class Help(StrEnum):
    """What would help; the pages know the sentence and the way there."""

    OTHER_TIME = "other_time"
    OTHER_SHIFT = "other_shift"
    WAIT = "wait"
    QUALIFICATION = "qualification"
    COURSE = "course"
    INSURANCE = "insurance"
    PLEDGE = "pledge"
    GUARDIAN = "guardian"
    LIMITS = "limits"
    STATION = "station"
    LEADER = "leader"
    OWN_SHIFTS = "own_shifts"
    PASSBOOK = "passbook"
    LATER = "later"
    NOTHING = ""


class Ineligible(DomainError):
    """A reason that lies with the person, the role or the time. `is_law`: nobody may set it aside."""

    help: ClassVar[Help] = Help.OTHER_SHIFT
    is_law: ClassVar[bool] = False


class SignUpClosed(Ineligible):
    code = "sign_up_closed"
    message = gettext_noop("Sign-up for this shift has ended. The person in charge may still add you.")
    help = Help.LEADER


class AlreadyWaiting(Ineligible):
    code = "already_waiting"
    message = gettext_noop("You are on the waiting list of this shift already.")
    help = Help.OWN_SHIFTS


class AlreadyRequested(Ineligible):
    code = "already_requested"
    message = gettext_noop("You have asked for a place already; the person in charge decides.")
    help = Help.OWN_SHIFTS


class PlaceOffered(Ineligible):
    code = "place_offered"
    message = gettext_noop("A place in this shift is being offered to you: accept it.")
    help = Help.OWN_SHIFTS


class NotOfTeam(Ineligible):
    code = "not_of_team"
    message = gettext_noop("This activity is for members of %(team)s.")


class InvitedOnly(Ineligible):
    code = "invited_only"
    message = gettext_noop("This activity is only for those whom the person in charge invites.")
    help = Help.LEADER


class WaveNotOpen(Ineligible):
    code = "wave_not_open"
    message = gettext_noop("This activity opens for you on %(moment)s.")
    help = Help.LATER


class WaveNotForYou(Ineligible):
    code = "wave_not_for_you"
    message = gettext_noop("This activity is open to others only: to new volunteers, to who came seldom, or to a team.")


class WavePlacesTaken(Ineligible):
    code = "wave_places_taken"
    message = gettext_noop("All places that are open so far are taken. More open on %(moment)s.")
    help = Help.LATER


class WaveFull(Ineligible):
    code = "wave_full"
    message = gettext_noop("All places that are open to you are taken.")


class QuotaFull(Ineligible):
    code = "quota_full"
    message = gettext_noop("All places of your organisation in this shift are taken.")


class KeptForOthers(Ineligible):
    code = "kept_for_others"
    message = gettext_noop("The places that are left are kept for partner organisations for now.")
    help = Help.LATER


class GroupNotAsked(Ineligible):
    code = "group_not_asked"
    message = gettext_noop("This role is for others: staff, students or citizens, as its description says.")


class TooYoungForRole(Ineligible):
    code = "too_young_for_role"
    message = gettext_noop("For this role one is at least %(years)s years old.")


class TooOldForRole(Ineligible):
    code = "too_old_for_role"
    message = gettext_noop("For this role one is at most %(years)s years old.")


class NoNightsForMinors(Ineligible):
    """未成年人保护法; no coordinator can set it aside."""

    code = "no_nights_for_minors"
    message = gettext_noop("Who is under 18 does not serve at night.")
    help = Help.OTHER_TIME
    is_law = True


class NoDangerForMinors(Ineligible):
    """志愿服务条例 article 15, and what the provinces' rules make of it; no coordinator can set it aside."""

    code = "no_danger_for_minors"
    message = gettext_noop("Who is under 18 takes no service that may be dangerous.")
    help = Help.OTHER_SHIFT
    is_law = True


class GuardianConsentMissing(Ineligible):
    code = "guardian_consent_missing"
    message = gettext_noop("Who is under age needs a guardian's consent first.")
    help = Help.GUARDIAN
    is_law = True


class QualificationMissing(Ineligible):
    code = "qualification_missing"
    message = gettext_noop("For this role one needs: %(name)s.")
    help = Help.QUALIFICATION


class CourseMissing(QualificationMissing):
    code = "course_missing"
    message = gettext_noop("For this role one takes a course first: %(name)s.")
    help = Help.COURSE


class LicenceMissing(QualificationMissing):
    """志愿服务条例 article 16: where the service needs a professional qualification, the volunteer has it."""

    code = "licence_missing"
    is_law = True


class QualificationRunsOut(Ineligible):
    code = "qualification_runs_out"
    message = gettext_noop("%(name)s is valid until %(day)s, and the shift is later.")
    help = Help.QUALIFICATION


class LicenceRunsOut(QualificationRunsOut):
    code = "licence_runs_out"
    is_law = True


class InsuranceMissing(Ineligible):
    """志愿服务条例 article 17: accident insurance before potentially dangerous service."""

    code = "insurance_missing"
    message = gettext_noop("This service needs accident insurance that is valid on the day.")
    help = Help.INSURANCE
    is_law = True


class PledgeMissing(Ineligible):
    code = "pledge_missing"
    message = gettext_noop("Sign the volunteers' code of conduct first.")
    help = Help.PLEDGE


class NoLifting(Ineligible):
    code = "no_lifting"
    message = gettext_noop("This role lifts and carries, and your archive says that you must not.")
    help = Help.LIMITS


class NightsNotWanted(Ineligible):
    code = "nights_not_wanted"
    message = gettext_noop("This shift is at night, and your archive says that you take none.")
    help = Help.LIMITS


class WeekFull(Ineligible):
    code = "week_full"
    message = gettext_noop("With this shift the week has %(hours)s hours; your limit is %(most)s hours.")
    help = Help.LIMITS


class WeekHasShifts(Ineligible):
    code = "week_has_shifts"
    message = gettext_noop("Nobody takes more than %(most)s shifts a week, so that others get a place too.")
    help = Help.OTHER_TIME


class OwnWeekHasShifts(Ineligible):
    code = "own_week_has_shifts"
    message = gettext_noop("Your archive says: at most %(most)s shifts a week.")
    help = Help.LIMITS


class OwnDayHasShifts(Ineligible):
    code = "own_day_has_shifts"
    message = gettext_noop("Your archive says: at most %(most)s shifts a day.")
    help = Help.LIMITS


class RestTooShort(Ineligible):
    code = "rest_too_short"
    message = gettext_noop(
        "Between this shift and “%(title)s” on the day before or after are less than %(hours)s hours."
    )
    help = Help.OTHER_TIME


class RecoveryTooShort(Ineligible):
    code = "recovery_too_short"
    message = gettext_noop(
        "This shift or “%(title)s” is long or at night, and after such a shift one recovers for %(hours)s hours "
        "before the next."
    )
    help = Help.OTHER_TIME


class TravelTooShort(Ineligible):
    code = "travel_too_short"
    message = gettext_noop("“%(title)s” is at another place, and there are less than %(minutes)s minutes to get there.")
    help = Help.OTHER_TIME


HELPS: Final[Mapping[str, Help]] = {
    ShiftStarted.code: Help.LEADER,
    ShiftOver.code: Help.STATION,
    ActivityNotOpen.code: Help.OTHER_SHIFT,
    PassbookMissing.code: Help.PASSBOOK,
    PassbookNotActive.code: Help.STATION,
    AlreadySignedUp.code: Help.OWN_SHIFTS,
    TimeConflict.code: Help.OWN_SHIFTS,
    ShiftFull.code: Help.OTHER_SHIFT,
}
FOR_WHO_LEADS: Final = (
    SignUpClosed,
    ShiftStarted,
    InvitedOnly,
    NotOfTeam,
    WaveNotOpen,
    WaveNotForYou,
    WavePlacesTaken,
    WaveFull,
    AlreadyWaiting,
    AlreadyRequested,
)
"""What does not keep the person in charge from adding somebody: whom they invite, and when, is theirs to say."""
WAITABLE: Final = (ShiftFull, WaveFull, WavePlacesTaken, QuotaFull, KeptForOthers)
"""Reasons for which one may wait on the list."""


def may_set_aside(error: DomainError) -> bool:
    """Whether a coordinator may give the place nevertheless, with a reason: never what the law or the room demands."""
    return isinstance(error, Ineligible) and not error.is_law and not isinstance(error, QuotaFull | KeptForOthers)


def help_for(error: DomainError) -> Help:
    return error.help if isinstance(error, Ineligible) else HELPS.get(error.code, Help.NOTHING)
