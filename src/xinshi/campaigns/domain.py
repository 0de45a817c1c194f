"""Pure rules of campaigns: what may be planned, which step of the short path comes next, how a post stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from xinshi.activities.domain import CATEGORY_CODES, FIRST_DAY, LAST_DAY, PLACES_MAX
from xinshi.activities.recordable import RISKY_CATEGORIES
from xinshi.activities.requirements import NO_REQUIREMENTS, Requirements
from xinshi.bank.ages import age_years
from xinshi.kernel.clock import HOSPITAL_ZONE, local_day
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

DAYS_MAX: Final = 92
SITES_MAX: Final = 200
WINDOWS_MAX: Final = 8
ROLES_MAX: Final = 8
POSTS_MAX: Final = 20_000
"""Of one campaign: 200 sites in 92 days would be more than anybody looks over."""
POSTS_AT_ONCE_MAX: Final = 10_000
NAME_LENGTH_MAX: Final = 40
SITE_NAME_LENGTH_MAX: Final = 30
TEXT_LENGTH_MAX: Final = 1_000
REASON_LENGTH_MAX: Final = 300
SOON: Final = timedelta(hours=2)
"""What begins within this time is looked at first."""
CALL_PEOPLE_MAX: Final = 2_000
BATCH_MAX: Final = 200
BATCH_PER_PLACE_MAX: Final = 10
CALL_WAIT_MINUTES_MAX: Final = 24 * 60
OF_AGE_YEARS: Final = 18


class CampaignState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Through(StrEnum):
    """By which way somebody joined."""

    PHONE = "phone"
    ACCOUNT = "account"
    STATION = "station"
    LIST = "list"


class CallState(StrEnum):
    RUNNING = "running"
    FILLED = "filled"
    NOBODY_LEFT = "nobody_left"
    QUOTA_USED = "quota_used"
    STOPPED = "stopped"
    OVER = "over"


class Step(StrEnum):
    """The steps of the short path, in their order."""

    JOIN = "join"
    STATION = "station"
    PLEDGE = "pledge"
    LESSON = "lesson"
    SHIFT = "shift"
    DONE = "done"


class Standing(StrEnum):
    """How a post stands: what the board shows by colour, number and word."""

    FULL = "full"
    SOME_MISSING = "some_missing"
    TOO_FEW = "too_few"


class CampaignNotOpen(DomainError):
    code = "campaign_not_open"
    message = gettext_noop("This campaign takes nobody at the moment: it has not begun to recruit, or it is over.")


class CampaignClosed(DomainError):
    code = "campaign_closed"
    message = gettext_noop("This campaign is over; nothing of it is changed any more.")


class NothingToPublish(DomainError):
    code = "nothing_to_publish"
    message = gettext_noop("Every post is published already. Fill in the matrix first.")


class SiteClosed(DomainError):
    code = "site_closed"
    message = gettext_noop("This site is closed already.")


class SiteNameTaken(DomainError):
    code = "site_name_taken"
    message = gettext_noop("This campaign has a site of this name already.")


class CodeTaken(DomainError):
    code = "campaign_code_taken"
    message = gettext_noop("Another campaign has this short address. Choose another.")


class NotOfAge(DomainError):
    code = "not_of_age"
    message = gettext_noop(
        "Helpers of this campaign are at least %(years)s years old. Thank you for wanting to help; you are welcome from "
        "%(day)s."
    )
    status = 422


class GuardianFirst(DomainError):
    code = "guardian_first"
    message = gettext_noop(
        "Who is not of age joins with a guardian: open an account with their phone at hand, or come to the volunteer "
        "service station together."
    )
    status = 422


class HasSignIn(DomainError):
    code = "has_sign_in"
    message = gettext_noop("You have an account here. Sign in with your password and open this page again.")


class StepMissing(DomainError):
    code = "campaign_step_missing"
    message = gettext_noop("One step is still missing before this one. Go on where you stopped.")


class WaveNotOpen(DomainError):
    code = "wave_not_open"
    message = gettext_noop("This campaign opens for you on %(day)s at %(time)s. You need not do anything until then.")


class NotInvitedYet(DomainError):
    code = "wave_not_for_you"
    message = gettext_noop(
        "This campaign is open to partner organisations only at the moment. Join by the link of yours, or wait: it may open "
        "to everybody."
    )


class QuotaUsed(DomainError):
    code = "campaign_quota_used"
    message = gettext_noop(
        "All places of your organisation are taken. Its administrator can ask the hospital for more."
    )


class QuotaBelowUsed(DomainError):
    code = "campaign_quota_below_used"
    message = gettext_noop("%(used)s places of this quota are taken already. It cannot be smaller.")


class CallNotRunning(DomainError):
    code = "call_not_running"
    message = gettext_noop("This call has ended already.")


class NothingEmpty(DomainError):
    code = "nothing_empty"
    message = gettext_noop("None of these posts is empty and still to come. Nobody needs to be called.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """What volunteers of the campaign do (岗位), and who can do it."""

    name: str
    description: str = ""
    requirements: Requirements = NO_REQUIREMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """A campaign as planned. `roles` by name; `windows` as (from, to) on the hospital's clock.

    `lesson_code`: the qualification that the lesson gives. `insurance_until`: the last day on which the hospital's policy
    covers everybody who joins; None where there is none. `activation_places`: how many accounts may be active at once
    without the station's look at a document; 0 for none, else with `activation_reason`.
    """

    name: str
    code: str
    purpose: str
    category: str
    starts_on: date
    ends_on: date
    target_people: int
    organizer_id: int
    person_in_charge_id: int
    roles: tuple[NewRole, ...]
    windows: tuple[tuple[time, time], ...]
    bring: str = ""
    risks: str = ""
    lesson_code: str = ""
    age_min: int = OF_AGE_YEARS
    asks_identity: bool = False
    is_dangerous: bool = False
    insurer: str = ""
    insurance_until: date | None = None
    activation_places: int = 0
    activation_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    name: str
    place: str
    leader_id: int
    contact: str = ""
    contact_phone: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How many are needed at a site on a day in a window and a role; 0 places where nobody is."""

    site_id: int
    day: date
    window_id: int
    role_id: int
    places: int
    minimum: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWave:
    """From `opens_at` a campaign is open to an organisation's people (None: everybody), for so many places (None: all)."""

    opens_at: datetime
    organization_id: int | None = None
    places: int | None = None


@dataclass(frozen=True, slots=True)
class WaveState:
    """A wave as it stands for one person whom it admits."""

    wave_id: int
    opens_at: datetime
    places: int | None
    used: int


def wave_for(admitting: Sequence[WaveState], *, has_waves: bool, at: datetime) -> WaveState | None:
    """On which wave somebody may take a first place now; None where the campaign has none at all.

    Of those that admit them, the first that is open and has places. NotInvitedYet, WaveNotOpen, QuotaUsed.
    """
    if not has_waves:
        return None
    if not admitting:
        raise NotInvitedYet
    waves = sorted(admitting, key=lambda wave: (wave.places is None, wave.opens_at))
    opened = [wave for wave in waves if wave.opens_at <= at]
    if not opened:
        opens_at = min(wave.opens_at for wave in waves)
        raise WaveNotOpen(day=local_day(opens_at), time=f"{opens_at.astimezone(HOSPITAL_ZONE):%H:%M}")
    free = [wave for wave in opened if wave.places is None or wave.used < wave.places]
    if not free:
        raise QuotaUsed
    return free[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is on the short path."""

    has_joined: bool
    is_active: bool
    has_pledged: bool
    needs_lesson: bool
    has_place: bool


def next_step(progress: Progress) -> Step:
    """Where somebody goes on; every step before it is done."""
    if not progress.has_joined:
        return Step.JOIN
    if progress.has_place:
        return Step.DONE
    if not progress.has_pledged:
        return Step.PLEDGE
    if progress.needs_lesson:
        return Step.LESSON
    return Step.SHIFT if progress.is_active else Step.STATION


def standing(*, taken: int, places: int, minimum: int) -> Standing:
    """Full, held but not full, or fewer than it needs to be held at all."""
    if taken >= places:
        return Standing.FULL
    return Standing.SOME_MISSING if taken >= minimum else Standing.TOO_FEW


def check_age(born: date, *, age_min: int, guardian_below: int, today: date) -> None:
    """NotOfAge or GuardianFirst, before anything of the person is kept."""
    age = age_years(born, today=today)
    if age < age_min:
        raise NotOfAge(years=age_min, day=_birthday(born, age_min))
    if age < guardian_below:
        raise GuardianFirst


def _birthday(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def check_campaign(campaign: NewCampaign) -> None:
    """Raise Invalid for what is empty, too long, upside down or too much."""
    _length("name", campaign.name, NAME_LENGTH_MAX)
    if campaign.category not in CATEGORY_CODES:
        raise Invalid(field="category", reason=gettext_noop("Choose a category of the national list."))
    if not FIRST_DAY <= campaign.starts_on <= campaign.ends_on <= LAST_DAY:
        raise Invalid(field="ends_on", reason=gettext_noop("A campaign ends on or after the day on which it begins."))
    if (campaign.ends_on - campaign.starts_on).days >= DAYS_MAX:
        raise Invalid(field="ends_on", reason=gettext_noop("A campaign lasts at most 92 days. Make a second one."))
    names = [role.name.strip() for role in campaign.roles]
    if not 1 <= len(names) <= ROLES_MAX or len(set(names)) != len(names) or not all(names):
        raise Invalid(field="roles", reason=gettext_noop("Between 1 and 8 roles, each with its own name."))
    if not 1 <= len(set(campaign.windows)) == len(campaign.windows) <= WINDOWS_MAX:
        raise Invalid(field="windows", reason=gettext_noop("Between 1 and 8 time windows, each only once."))
    if any(start >= end for start, end in campaign.windows):
        raise Invalid(field="windows", reason=gettext_noop("A window ends after it begins, on the same day."))
    _check_care(campaign)


def _check_care(campaign: NewCampaign) -> None:
    """What volunteers are promised and told: checked accounts or why not, insurance, risks (志愿服务条例 12, 17)."""
    if campaign.activation_places and not campaign.activation_reason.strip():
        raise Invalid(
            field="activation_reason",
            reason=gettext_noop("Say why accounts may be active before the station has seen a document."),
        )
    if campaign.is_dangerous and campaign.insurance_until is None:
        raise Invalid(
            field="insurance_until",
            reason=gettext_noop(
                "Volunteers in danger need accident insurance: say until when the campaign covers them."
            ),
        )
    if campaign.insurance_until is not None and campaign.insurance_until < campaign.ends_on:
        raise Invalid(field="insurance_until", reason=gettext_noop("The insurance lasts to the campaign's last day."))
    if not campaign.risks.strip() and (campaign.is_dangerous or campaign.category in RISKY_CATEGORIES):
        raise Invalid(
            field="risks",
            reason=gettext_noop("Say which risks there may be: volunteers are told when they are recruited."),
        )


def _length(field: str, text: str, most: int) -> None:
    if not 1 <= len(text.strip()) <= most:
        raise Invalid(field=field, reason=gettext_noop("Fill this in, and not longer than the field."))


def check_site(site: NewSite) -> None:
    _length("name", site.name, SITE_NAME_LENGTH_MAX)
    _length("place", site.place, 120)
    if (site.latitude is None) != (site.longitude is None):
        raise Invalid(field="latitude", reason=gettext_noop("Give both coordinates or none."))
    for field, value, most in (("latitude", site.latitude, 90), ("longitude", site.longitude, 180)):
        if value is not None and abs(value) > most:
            raise Invalid(field=field, reason=gettext_noop("This is not a place on earth. Use degrees, such as 30.59."))


def check_needs(needs: Sequence[Need], *, first: date, last: date) -> None:
    """Each need lies in the campaign's days and is a number that a shift can have."""
    if len(needs) > POSTS_AT_ONCE_MAX:
        raise Invalid(field="sites", reason=gettext_noop("At most 10000 posts at once. Choose fewer sites or days."))
    seen = {(need.site_id, need.day, need.window_id, need.role_id) for need in needs}
    assert len(seen) == len(needs), "each post is named once"
    for need in needs:
        if not first <= need.day <= last:
            raise Invalid(field="day", reason=gettext_noop("Choose a day of the campaign."))
        if not 0 <= need.places <= PLACES_MAX:
            raise Invalid(field="places", reason=gettext_noop("Between 0 and 5000 places."))
        if need.places and not 0 <= need.minimum <= need.places:
            raise Invalid(
                field="minimum", reason=gettext_noop("At least so many must come, and no more than the places.")
            )


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one day, as moments."""

    starts_at: datetime
    ends_at: datetime


def is_soon(window: Window, *, at: datetime) -> bool:
    """Going on now, or about to begin."""
    return window.ends_at > at and window.starts_at <= at + SOON


def missing(posts: Iterable[tuple[int, int]]) -> int:
    """Of `(taken, places)` how many places are empty."""
    return sum(max(0, places - taken) for taken, places in posts)
