"""Who may take a place in a shift, and if not, why not and what would help. Pure: the list and the action both ask here.

`refusals` gives every reason at once, the gravest first; `sign_up` raises the first, and a list shows it with its help.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

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
from xinshi.activities.reasons import (
    FOR_WHO_LEADS,
    WAITABLE,
    AlreadyRequested,
    AlreadyWaiting,
    CourseMissing,
    GroupNotAsked,
    GuardianConsentMissing,
    InsuranceMissing,
    InvitedOnly,
    KeptForOthers,
    LicenceMissing,
    LicenceRunsOut,
    NightsNotWanted,
    NoDangerForMinors,
    NoLifting,
    NoNightsForMinors,
    NotOfTeam,
    OwnDayHasShifts,
    OwnWeekHasShifts,
    PlaceOffered,
    PledgeMissing,
    QualificationMissing,
    QualificationRunsOut,
    QuotaFull,
    RecoveryTooShort,
    RestTooShort,
    SignUpClosed,
    TooOldForRole,
    TooYoungForRole,
    TravelTooShort,
    WaveFull,
    WaveNotForYou,
    WaveNotOpen,
    WavePlacesTaken,
    WeekFull,
    WeekHasShifts,
)
from xinshi.activities.requirements import NO_REQUIREMENTS, Requirements
from xinshi.activities.rules import DEFAULTS, SignUpRules
from xinshi.activities.waves.domain import OPEN, NewWave, Opening, QuotaState, chosen_quota, kept_for_others, opening
from xinshi.archive.domain import INSURANCE, PLEDGE, Facts
from xinshi.bank.ages import age_years, is_minor
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import hours_figure


@dataclass(frozen=True, slots=True)
class HeldShift:
    """A sign-up of somebody that is not over: `holds` where it is a place (confirmed or offered)."""

    signup_id: int
    shift_id: int
    state: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    holds: bool = True
    has_come: bool = False
    offered_until: datetime | None = None

    @property
    def minutes(self) -> int:
        return clock.whole_minutes_between(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Everything about one person that decides, as one value."""

    person_id: int
    facts: Facts
    passbook_state: str | None
    has_guardians_consent: bool = True
    needs_guardian: bool = False
    memberships: frozenset[int] = frozenset()
    held: tuple[HeldShift, ...] = ()
    recent_shifts: int = 0
    has_served: bool = False
    qualification_ids: tuple[int, ...] = ()
    """Of what is verified, in order; known where one person was asked for alone."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A qualification's name and category, for sentences and for what the law demands."""

    name: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Everything about one shift that decides, as one value."""

    shift_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    reserve: int = 0
    is_open: bool = True
    requirements: Requirements = NO_REQUIREMENTS
    recruits: str = "everybody"
    team_id: int | None = None
    team_name: str = ""
    is_dangerous: bool = False
    sign_up_closes_minutes: int = 0
    waves: tuple[NewWave, ...] = ()
    quotas: tuple[QuotaState, ...] = ()
    has_waiting: bool = False
    """Somebody waits who could take a place now: new people wait behind them."""

    @property
    def minutes(self) -> int:
        return clock.whole_minutes_between(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for every question: the rules, the names of qualifications, the moment, who asks."""

    at: datetime
    rules: SignUpRules = DEFAULTS
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    is_led: bool = False
    """Who leads the activity asks for somebody else: the shift may have begun, and waves do not bind."""


def held_of(offer: Offer, *, signup_id: int = 0, state: str = "") -> HeldShift:
    """The shift as somebody holds it who has just taken it."""
    return HeldShift(signup_id, offer.shift_id, state, offer.title, offer.place, offer.starts_at, offer.ends_at)


def refusals(candidate: Candidate, offer: Offer, around: Surroundings) -> list[DomainError]:
    """Every reason why this person may not take a place in this shift now, the gravest first; empty: they may."""
    found = [
        *_about_time_and_account(candidate, offer, around),
        *_about_own_sign_up(candidate, offer),
        *_about_audience(candidate, offer, around),
        *_about_person(candidate, offer, around),
        *_about_limits(candidate, offer, around),
        *_about_other_shifts(candidate, offer, around.rules),
        *_about_places(candidate, offer, around),
    ]
    return [error for error in found if not isinstance(error, FOR_WHO_LEADS)] if around.is_led else found


def may_wait(found: Sequence[DomainError], offer: Offer) -> bool:
    """Whether the waiting list is what is left: nothing but full stands in the way, and the shift has a list."""
    return offer.reserve > 0 and bool(found) and all(isinstance(error, WAITABLE) for error in found)


def quota_of(candidate: Candidate, offer: Offer) -> QuotaState | None:
    """On which organisation's quota the place counts."""
    return chosen_quota(offer.quotas, candidate.memberships)[0]


def places_max(candidate: Candidate, offer: Offer, around: Surroundings) -> int:
    """Up to how many taken places this person still gets one: by waves, and by what is kept for others."""
    opened = OPEN if around.is_led else _opening(candidate, offer, around.at)
    own, _has_room = chosen_quota(offer.quotas, candidate.memberships)
    most = offer.places - kept_for_others(offer.quotas, own, around.at)
    return most if opened.places_max is None else min(most, opened.places_max)


def _opening(candidate: Candidate, offer: Offer, at: datetime) -> Opening:
    return opening(
        offer.waves,
        memberships=candidate.memberships,
        recent_shifts=candidate.recent_shifts,
        has_served=candidate.has_served,
        at=at,
    )


def _about_time_and_account(candidate: Candidate, offer: Offer, around: Surroundings) -> Iterator[DomainError]:
    if offer.ends_at <= around.at and (around.is_led or offer.starts_at <= around.at):
        yield ShiftOver() if around.is_led else ShiftStarted()
    elif offer.starts_at <= around.at:
        yield ShiftStarted()
    elif not offer.is_open:
        yield ActivityNotOpen()
    elif offer.starts_at - timedelta(minutes=offer.sign_up_closes_minutes) <= around.at:
        yield SignUpClosed()
    if not offer.is_open and offer.starts_at <= around.at:
        yield ActivityNotOpen()
    if candidate.passbook_state is None:
        yield PassbookMissing()
    elif candidate.passbook_state != "active":
        yield PassbookNotActive()


OWN_STATES: Final[Mapping[str, type[DomainError]]] = {
    "confirmed": AlreadySignedUp,
    "waiting": AlreadyWaiting,
    "requested": AlreadyRequested,
    "offered": PlaceOffered,
}


def _about_own_sign_up(candidate: Candidate, offer: Offer) -> Iterator[DomainError]:
    for held in candidate.held:
        if held.shift_id == offer.shift_id and held.state in OWN_STATES:
            yield OWN_STATES[held.state]()


def _about_audience(candidate: Candidate, offer: Offer, around: Surroundings) -> Iterator[DomainError]:
    if offer.recruits == "invited":
        yield InvitedOnly()
    if offer.recruits == "team" and offer.team_id not in candidate.memberships:
        yield NotOfTeam(team=offer.team_name)
    opened = _opening(candidate, offer, around.at)
    if not opened.is_open:
        yield WaveNotOpen(moment=opened.opens_at) if opened.opens_at else WaveNotForYou()


def _about_person(candidate: Candidate, offer: Offer, around: Surroundings) -> Iterator[DomainError]:
    day, facts, asks = clock.local_day(offer.starts_at), candidate.facts, offer.requirements
    if candidate.needs_guardian and not candidate.has_guardians_consent:
        yield GuardianConsentMissing()
    if is_minor(facts.birth_date, today=day):
        if touches_night(offer.starts_at, offer.ends_at, around.rules):
            yield NoNightsForMinors()
        if offer.is_dangerous:
            yield NoDangerForMinors()
    if offer.is_dangerous and not facts.has(INSURANCE, day):
        yield InsuranceMissing()
    for code in asks.qualifications:
        if not (offer.is_dangerous and code == INSURANCE) and not facts.has(code, day):
            yield _missing(code, facts, around.kinds)
    if around.rules.pledge_required and PLEDGE not in asks.qualifications and not facts.has(PLEDGE, day):
        yield PledgeMissing()
    yield from _about_age_and_group(facts, asks, day)


def _about_age_and_group(facts: Facts, asks: Requirements, day: date) -> Iterator[DomainError]:
    if asks.groups and facts.group not in asks.groups:
        yield GroupNotAsked()
    if facts.birth_date is None:
        return
    years = age_years(facts.birth_date, today=day)
    if asks.age_min is not None and years < asks.age_min:
        yield TooYoungForRole(years=asks.age_min)
    if asks.age_max is not None and years > asks.age_max:
        yield TooOldForRole(years=asks.age_max)


def _missing(code: str, facts: Facts, kinds: Mapping[str, Kind]) -> DomainError:
    kind = kinds.get(code, Kind(code, ""))
    if code == INSURANCE:
        return InsuranceMissing()
    if code == PLEDGE:
        return PledgeMissing()
    last = facts.qualifications.get(code)
    if last is not None:
        error = LicenceRunsOut if kind.category == "licence" else QualificationRunsOut
        return error(name=kind.name, day=last)
    if kind.category == "licence":
        return LicenceMissing(name=kind.name)
    if kind.category == "course":
        return CourseMissing(name=kind.name, qualification=code)
    return QualificationMissing(name=kind.name)


def _about_limits(candidate: Candidate, offer: Offer, around: Surroundings) -> Iterator[DomainError]:
    limits, rules = candidate.facts.limits, around.rules
    if offer.requirements.is_heavy and not limits.may_lift:
        yield NoLifting()
    if not limits.takes_nights and touches_night(offer.starts_at, offer.ends_at, rules):
        yield NightsNotWanted()
    if rules.shifts_a_week_max == 0 and not limits.bounds_time:
        return
    others = [held for held in candidate.held if held.holds and held.shift_id != offer.shift_id]
    if not others and limits.minutes_a_week_max is None:
        return
    day = clock.local_day(offer.starts_at)
    first, after = week_of(day)
    week = [held for held in others if first <= clock.local_day(held.starts_at) < after]
    minutes = offer.minutes + sum(held.minutes for held in week)
    if limits.minutes_a_week_max is not None and minutes > limits.minutes_a_week_max:
        yield WeekFull(hours=hours_figure(minutes), most=hours_figure(limits.minutes_a_week_max))
    if rules.shifts_a_week_max and len(week) >= rules.shifts_a_week_max:
        yield WeekHasShifts(most=rules.shifts_a_week_max)
    elif limits.shifts_a_week_max is not None and len(week) >= limits.shifts_a_week_max:
        yield OwnWeekHasShifts(most=limits.shifts_a_week_max)
    same_day = sum(clock.local_day(held.starts_at) == day for held in week)
    if limits.shifts_a_day_max is not None and same_day >= limits.shifts_a_day_max:
        yield OwnDayHasShifts(most=limits.shifts_a_day_max)


def _about_other_shifts(candidate: Candidate, offer: Offer, rules: SignUpRules) -> Iterator[DomainError]:
    """The first conflict, else the first want of rest, of recovery and of time to get there."""
    reach = _reach(rules.rest_minutes, rules.recovery_minutes, rules.travel_minutes)
    after, before = offer.starts_at - reach, offer.ends_at + reach
    others = [
        held
        for held in candidate.held
        if held.starts_at < before and held.ends_at > after and held.holds and held.shift_id != offer.shift_id
    ]
    if not others:
        return
    for held in others:
        if held.starts_at < offer.ends_at and held.ends_at > offer.starts_at:
            yield TimeConflict(title=held.title)
            return
    day = clock.local_day(offer.starts_at)
    for held in others:
        gap = max(offer.starts_at - held.ends_at, held.starts_at - offer.ends_at)
        if clock.local_day(held.starts_at) != day and gap < timedelta(minutes=rules.rest_minutes):
            yield RestTooShort(title=held.title, hours=rules.rest_minutes // 60)
            break
    for held in others:
        first: HeldShift | Offer = held if held.starts_at < offer.starts_at else offer
        gap = max(offer.starts_at - held.ends_at, held.starts_at - offer.ends_at)
        if gap < timedelta(minutes=rules.recovery_minutes) and is_hard(first, rules):
            yield RecoveryTooShort(title=held.title, hours=hours_figure(rules.recovery_minutes))
            break
    for held in others:
        gap = max(offer.starts_at - held.ends_at, held.starts_at - offer.ends_at)
        if held.place.strip() != offer.place.strip() and gap < timedelta(minutes=rules.travel_minutes):
            yield TravelTooShort(title=held.title, minutes=rules.travel_minutes)
            break


@lru_cache(maxsize=8)
def _reach(rest_minutes: int, recovery_minutes: int, travel_minutes: int) -> timedelta:
    """So far around a shift another one can be too near."""
    return timedelta(minutes=max(rest_minutes, recovery_minutes, travel_minutes))


def _about_places(candidate: Candidate, offer: Offer, around: Surroundings) -> Iterator[DomainError]:
    own, has_room = chosen_quota(offer.quotas, candidate.memberships)
    if offer.taken >= offer.places or (offer.has_waiting and not around.is_led):
        yield ShiftFull()
        return
    if not has_room:
        yield QuotaFull()
    elif offer.taken >= offer.places - kept_for_others(offer.quotas, own, around.at):
        yield KeptForOthers()
    opened = _opening(candidate, offer, around.at)
    if opened.is_open and opened.places_max is not None and offer.taken >= opened.places_max:
        yield WavePlacesTaken(moment=opened.opens_at) if opened.opens_at else WaveFull()


def is_hard(shift: HeldShift | Offer, rules: SignUpRules) -> bool:
    """Whether one recovers after it: it is long, or touches the night."""
    return shift.minutes >= rules.hard_from_minutes or touches_night(shift.starts_at, shift.ends_at, rules)


def touches_night(starts_at: datetime, ends_at: datetime, rules: SignUpRules) -> bool:
    """Whether a shift, which lies on one day of the hospital, touches the night."""
    day = clock.local_day(starts_at)
    morning = clock.at_local(day, time(rules.night_until_hour % 24))
    evening = clock.at_local(day, time(rules.night_from_hour % 24))
    return starts_at < morning or ends_at > evening


def week_of(day: date) -> tuple[date, date]:
    """The Monday of the week of `day`, and the Monday after."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)
