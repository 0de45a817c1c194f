"""Pure rules of giving: who is a relative, how much may be given, what a decision about a grant may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from xinshi.bank.rules import GroupHours, Rules
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.kernel.minutes import MINUTES_PER_HOUR, hours_figure

KEY_LENGTH_MAX: Final = 64
NOTE_LENGTH_MAX: Final = 200
REASON_LENGTH_MAX: Final = 300
TITLE_LENGTH_MAX: Final = 120
EVIDENCE_LENGTH_MAX: Final = 500
MINUTES_AT_ONCE_MAX: Final = 10_000 * MINUTES_PER_HOUR
RELATIVES_MAX: Final = 20
"""Registered or asked at once: more than any family needs, few enough that nobody gathers strangers."""
ASK_AGAIN_DAYS: Final = 30
"""So long nobody is asked again by somebody whom they declined."""
GRANT_YEAR_MINUTES_MAX: Final = 60 * MINUTES_PER_HOUR
"""What one person may get out of the pool in a calendar year: one thorough health check; so the pool helps many people."""
GROUP_PAST_DAYS_MAX: Final = 366
"""Hours of a group are entered within a year of the service; later nobody can check the evidence."""


class Relation(StrEnum):
    """What the person asked is to the one who asks."""

    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    SIBLING = "sibling"
    OTHER = "other"


INVERSE: Final = {
    Relation.SPOUSE: Relation.SPOUSE,
    Relation.PARENT: Relation.CHILD,
    Relation.CHILD: Relation.PARENT,
    Relation.GRANDPARENT: Relation.GRANDCHILD,
    Relation.GRANDCHILD: Relation.GRANDPARENT,
    Relation.SIBLING: Relation.SIBLING,
    Relation.OTHER: Relation.OTHER,
}
"""The same relation, seen from the other side."""


class RelativeState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"


class Source(StrEnum):
    """Out of what a donation was made."""

    SPENDABLE = "spendable"
    BEYOND_CAP = "beyond_cap"
    """What went beyond the most that one may hold, and can only be donated."""
    GROUP = "group"


class RequestState(StrEnum):
    """Of a grant and of a group's hours: proposed by one, decided by another."""

    PROPOSED = "proposed"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"


class Decision(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    RETURN = "return"
    """Back to whoever proposed it, to be changed and sent again."""


DECIDED: Final = {
    Decision.APPROVE: RequestState.APPROVED,
    Decision.REFUSE: RequestState.REFUSED,
    Decision.RETURN: RequestState.RETURNED,
}


class GiftsOff(DomainError):
    code = "gifts_off"
    message = gettext_noop("The hospital has not switched on gifts to relatives, so nothing was given.")


class DonationsOff(DomainError):
    code = "donations_off"
    message = gettext_noop("The hospital has not switched on donations and the pool, so nothing was booked.")


class GroupHoursOff(DomainError):
    code = "group_hours_off"
    message = gettext_noop("The hospital has not switched on hours of groups, so nothing was booked.")


class OwnPassbookMissing(DomainError):
    code = "own_passbook_missing"
    message = gettext_noop("There is no passbook yet. Have one opened at the volunteer service station.")


class OwnPassbookNotActive(DomainError):
    code = "own_passbook_not_active"
    message = gettext_noop("The passbook is not active. Ask the volunteer service station why.")


class ReceiverNotActive(DomainError):
    code = "receiver_not_active"
    message = gettext_noop(
        "The receiver's passbook is not active now, so nothing can go in. Ask the volunteer station."
    )


class MemberUnknown(DomainError):
    code = "member_unknown"
    message = gettext_noop(
        "No member has this passbook number together with this name. Type both as they stand on the passbook."
    )


class OwnRelative(DomainError):
    code = "own_relative"
    message = gettext_noop("This is your own passbook. Type the passbook number of your relative.")


class SamePerson(DomainError):
    code = "same_person"
    message = gettext_noop("Both numbers are of the same passbook. Type two different ones.")


class RelativeKnown(DomainError):
    code = "relative_known"
    message = gettext_noop("These two are registered as relatives already, or one has asked and the answer is awaited.")


class TooManyRelatives(DomainError):
    code = "too_many_relatives"
    message = gettext_noop("Nobody has more than %(most)s relatives here. End an entry that is no longer needed first.")


class DeclinedBefore(DomainError):
    code = "declined_before"
    message = gettext_noop("This was declined. You can ask again from %(day)s on, or be asked by your relative.")


class OwnRegistration(DomainError):
    code = "own_registration"
    message = gettext_noop(
        "Nobody registers their own relatives at the station. Ask on your own page, or ask a colleague."
    )
    status = 403


class RelativeNotOpen(DomainError):
    code = "relative_not_open"
    message = gettext_noop("This was answered or ended already. Open the page again.")


class NotRelatives(DomainError):
    code = "not_relatives"
    message = gettext_noop(
        "Hours go to registered relatives only, once they have accepted. Register your relative first."
    )


class GiftYearCap(DomainError):
    code = "gift_year_cap"
    message = gettext_noop(
        "One may give %(cap_hours)s hours in a calendar year, and %(given_hours)s are given. Left: %(left_hours)s."
    )


class ReceiverHoldsTooMuch(DomainError):
    code = "receiver_holds_too_much"
    message = gettext_noop("One person may hold at most %(cap_hours)s hours; with this the receiver would hold more.")


class FormUsed(DomainError):
    code = "giving_form_used"
    message = gettext_noop("This form was already used for something else. Open the page again.")


class PoolTooSmall(DomainError):
    code = "pool_too_small"
    message = gettext_noop("The pool holds %(pool_hours)s hours, and %(needed_hours)s are needed. Nothing was booked.")


class GrantYearLimit(DomainError):
    code = "grant_year_limit"
    message = gettext_noop(
        "One person gets at most %(limit_hours)s hours out of the pool in a calendar year; this one got %(granted_hours)s."
    )


class OwnGrant(DomainError):
    code = "own_grant"
    message = gettext_noop("Nobody proposes, changes or decides on help for themselves. Ask a colleague.")
    status = 403


class OwnProposal(DomainError):
    code = "own_proposal"
    message = gettext_noop("Somebody else than the one who proposed this must decide on it. Ask a colleague.")
    status = 403


class NotOwnProposal(DomainError):
    code = "not_own_proposal"
    message = gettext_noop("Only the one who proposed this can change it or take it back.")
    status = 403


class RequestNotOpen(DomainError):
    code = "giving_request_not_open"
    message = gettext_noop("This was decided or taken back already. Open the page again.")


class GroupHoursEntered(DomainError):
    code = "group_hours_entered"
    message = gettext_noop("These hours are entered already: same organisation, same day, same service.")


class GroupTooSmall(DomainError):
    code = "group_too_small"
    message = gettext_noop(
        "The group holds %(group_hours)s hours, and %(needed_hours)s are needed. Nothing was booked."
    )


class OwnGiving(DomainError):
    code = "own_giving"
    message = gettext_noop("Nobody takes back what they gave or got themselves. Ask a colleague.")
    status = 403


class TakenBackBefore(DomainError):
    code = "taken_back_before"
    message = gettext_noop("This was already taken back.")


class GoneOn(DomainError):
    code = "giving_gone_on"
    message = gettext_noop(
        "The hours have gone on and cannot be taken back: they were spent, given or granted meanwhile."
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What an action wrote; `is_new` is False where the same form was sent before."""

    id: int
    is_new: bool


def require_gifts(rules: Rules) -> None:
    if not rules.gifts:
        raise GiftsOff


def require_donations(rules: Rules) -> None:
    if not rules.donations:
        raise DonationsOff


def require_group_hours(rules: Rules) -> None:
    if rules.group_hours is not GroupHours.DONATE_ONLY:
        raise GroupHoursOff


def is_anything_on(rules: Rules) -> bool:
    """True where the hospital has switched on anything of this room."""
    return rules.gifts or rules.donations or rules.group_hours is not GroupHours.OFF


def left_to_give(rules: Rules, *, given_minutes: int) -> int | None:
    """What the yearly cap leaves of this calendar year; None without a cap."""
    cap = rules.gift_year_cap_minutes
    return None if cap is None else max(0, cap - given_minutes)


def check_gift(rules: Rules, *, minutes: int, given_minutes: int, receiver_minutes: int) -> None:
    """GiftYearCap, ReceiverHoldsTooMuch. `given_minutes` is what was given in this year and not taken back."""
    left = left_to_give(rules, given_minutes=given_minutes)
    if left is not None and minutes > left:
        raise GiftYearCap(
            cap_hours=hours_figure(rules.gift_year_cap_minutes or 0),
            given_hours=hours_figure(given_minutes),
            left_hours=hours_figure(left),
        )
    check_holding(rules, minutes=minutes, receiver_minutes=receiver_minutes)


def check_holding(rules: Rules, *, minutes: int, receiver_minutes: int) -> None:
    """ReceiverHoldsTooMuch where a cap on holding would be broken: giving must not be a way around it."""
    cap = rules.holding_cap_minutes
    if cap is not None and receiver_minutes + minutes > cap:
        raise ReceiverHoldsTooMuch(cap_hours=hours_figure(cap))


def check_grant(*, minutes: int, granted_minutes: int) -> None:
    """GrantYearLimit; `granted_minutes` is what this person got in this calendar year and keeps."""
    if granted_minutes + minutes > GRANT_YEAR_MINUTES_MAX:
        raise GrantYearLimit(
            limit_hours=hours_figure(GRANT_YEAR_MINUTES_MAX), granted_hours=hours_figure(granted_minutes)
        )


def check_minutes(minutes: int) -> None:
    if not 0 < minutes <= MINUTES_AT_ONCE_MAX:
        raise Invalid(field="hours", reason=gettext_noop("Enter a number of hours above 0 and up to 10,000."))


def check_reason(reason: str) -> str:
    """The reason without blanks around it; Invalid where there is none."""
    why = reason.strip()
    if not why or len(why) > REASON_LENGTH_MAX:
        raise Invalid(field="reason", reason=gettext_noop("Say why, in at most 300 signs."))
    return why


def check_may_ask(*, relatives: int, declined_on: date | None, today: date) -> None:
    """TooManyRelatives, DeclinedBefore; `declined_on` is when the other last declined this asker."""
    if relatives >= RELATIVES_MAX:
        raise TooManyRelatives(most=RELATIVES_MAX)
    if declined_on is not None and today < declined_on + timedelta(days=ASK_AGAIN_DAYS):
        raise DeclinedBefore(day=declined_on + timedelta(days=ASK_AGAIN_DAYS))


def check_worked_on(day: date, *, today: date) -> None:
    if not today - timedelta(days=GROUP_PAST_DAYS_MAX) <= day <= today:
        raise Invalid(field="worked_on", reason=gettext_noop("Enter a day that is past, at most a year ago."))


def require_open(state: RequestState) -> None:
    """RequestNotOpen unless it waits for a decision."""
    if state is not RequestState.PROPOSED:
        raise RequestNotOpen


def require_changeable(state: RequestState) -> None:
    """RequestNotOpen unless whoever proposed it may still change it or take it back."""
    if state not in (RequestState.PROPOSED, RequestState.RETURNED):
        raise RequestNotOpen
