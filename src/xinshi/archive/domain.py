"""Pure rules of qualifications, limits, and what decides who may take a place."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from xinshi.archive.availability import NOTHING_SAID, Availability
from xinshi.kernel.errors import DomainError, gettext_noop

UNLIMITED: Final = date.max
"""The last valid day of what does not run out."""
INSURANCE: Final = "insurance"
"""The code of accident insurance, which dangerous service needs (志愿服务条例, article 17)."""
PLEDGE: Final = "pledge"
"""The code of the signed code of conduct (志愿服务承诺)."""
REMINDER_DAYS: Final = (90, 30, 7)
"""So many days before a qualification runs out its holder is reminded."""
PROOFS_MAX: Final = 4
VALID_MONTHS_MAX: Final = 600
REASON_LENGTH_MIN: Final = 2
REASON_LENGTH_MAX: Final = 300


class KindNotSubmittable(DomainError):
    code = "qualification_kind_not_submittable"
    message = gettext_noop(
        "This is not handed in: the pledge is signed on its own page, and a course counts once it is passed here."
    )
    status = 422


class AlreadySubmitted(DomainError):
    code = "qualification_submitted_before"
    message = gettext_noop("One of this kind waits to be checked already. You are told as soon as somebody has looked.")


class AlreadyRunOut(DomainError):
    code = "qualification_run_out"
    message = gettext_noop("This one ran out on %(day)s. Hand in the renewed one.")
    status = 422


class ProofMissing(DomainError):
    code = "qualification_proof_missing"
    message = gettext_noop("Add a photo or a PDF file of it, so that the station can check it.")
    status = 422


class TooManyProofs(DomainError):
    code = "qualification_proofs_too_many"
    message = gettext_noop("At most %(number)s photos or PDF files belong to one qualification.")
    status = 422


class OwnQualification(DomainError):
    code = "own_qualification"
    message = gettext_noop("Nobody decides on their own qualification. Ask another coordinator.")
    status = 403


class QualificationDecided(DomainError):
    code = "qualification_decided"
    message = gettext_noop("Somebody has decided on this already. Load the page again to see how.")


class PledgeTextMissing(DomainError):
    code = "pledge_text_missing"
    message = gettext_noop("The hospital has not published its pledge yet. The station will tell you.")


class PledgeTextChanged(DomainError):
    code = "pledge_text_changed"
    message = gettext_noop("The pledge has new words since you opened it. Read them and sign again.")


class PledgeTextTaken(DomainError):
    code = "pledge_text_taken"
    message = gettext_noop("A version already takes effect on that day, or the day is past. Choose another day.")


class CodeTaken(DomainError):
    code = "code_taken"
    message = gettext_noop("This code or name is there already. Choose another one.")


class InclusionCircle(DomainError):
    code = "qualification_includes_itself"
    message = gettext_noop("A qualification cannot include itself, not even by way of others.")
    status = 422


class Category(StrEnum):
    """What sort of thing a qualification is."""

    LICENCE = "licence"
    CERTIFICATE = "certificate"
    COURSE = "course"
    INSURANCE = "insurance"
    PLEDGE = "pledge"
    HEALTH = "health"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKind:
    """A kind of qualification; `includes` are the codes that whoever has this one has too."""

    code: str
    name: str
    name_en: str = ""
    category: Category
    valid_months: int | None = None
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A qualification that somebody has, as far as the granting room knows it; `source_ref` makes granting idempotent."""

    person_id: int
    code: str
    issued_on: date
    expires_on: date | None = None
    number: str = ""
    issued_by: str = ""
    source_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What somebody does not want or must not do. A week is Monday to Sunday by the hospital's clock.

    The defaults are those of somebody who said nothing: no bound of their own, and everything may be asked of them.
    """

    minutes_a_week_max: int | None = None
    """Minutes of service in one week; None where they set no bound."""
    shifts_a_week_max: int | None = None
    shifts_a_day_max: int | None = None
    takes_nights: bool = True
    """May be asked for shifts that touch the hours from 22:00 to 6:00."""
    may_lift: bool = True
    """May lift and carry: roles with `is_heavy` need it."""

    @property
    def bounds_time(self) -> bool:
        """Whether they set any bound on minutes or shifts."""
        bounds = (self.minutes_a_week_max, self.shifts_a_week_max, self.shifts_a_day_max)
        return bounds != (None, None, None)


NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides whether somebody may take a place.

    `qualifications`: by code the last day until which it is valid from today on without a gap, inclusions followed.
    `availability.is_free(starts_at, ends_at)` says True, False, or None where they did not say: not known is no refusal.
    `sites`: codes of the sites that they can reach, None where they did not say (anywhere). `skills`: levels 1 to 3 by code
    of the hospital's catalogue.
    """

    person_id: int
    birth_date: date | None = None
    group: str = ""
    qualifications: Mapping[str, date] = field(default_factory=dict)
    limits: Limits = NO_LIMITS
    availability: Availability = NOTHING_SAID
    sites: frozenset[str] | None = None
    skills: Mapping[str, int] = field(default_factory=dict)

    def has(self, code: str, on: date) -> bool:
        """Whether the person has this qualification, verified, on that day."""
        return self.qualifications.get(code, date.min) >= on

    def can_reach(self, site: str) -> bool | None:
        """Whether the person comes to this site; None where they did not say."""
        return None if self.sites is None else site in self.sites


def covered_until(periods: Iterable[tuple[date, date]], *, today: date) -> date | None:
    """The last day of an unbroken time, from today on, that these (first day, last day) cover.

    What begins later counts only where it follows without a gap, such as the insurance of the next year. Where nothing
    covers today it is the last day on which something did, for questions about the past; None where nothing ever began.
    """
    covered: date | None = None
    for first, last in sorted(periods):
        reaches = today if covered is None or covered < today else _next(covered)
        if first <= reaches:
            covered = last if covered is None else max(covered, last)
    return covered


def _next(day: date) -> date:
    return day if day == UNLIMITED else day + timedelta(days=1)


def last_days(held: Iterable[tuple[str, date]], includes: Mapping[str, Collection[str]]) -> dict[str, date]:
    """Of what somebody holds `(code, last valid day)` the latest last day by code, inclusions followed to their end."""
    found: dict[str, date] = {}
    todo = list(held)
    while todo:
        code, last = todo.pop()
        if found.get(code, date.min) >= last:
            continue
        found[code] = last
        todo.extend((included, last) for included in includes.get(code, ()))
    return found


def makes_a_circle(includes: Mapping[str, Collection[str]]) -> bool:
    """True where some kind would include itself."""
    done: set[str] = set()
    for start in includes:
        seen: set[str] = set()
        todo = [*includes.get(start, ())]
        while todo and start not in done:
            code = todo.pop()
            if code == start:
                return True
            if code not in seen:
                seen.add(code)
                todo.extend(includes.get(code, ()))
        done.add(start)
    return False


def last_day_of(issued_on: date, valid_months: int) -> date:
    """The last day of what is valid for so many months from a day: a year from 1 March ends on the last of February."""
    months = issued_on.year * 12 + issued_on.month - 1 + valid_months
    year, month = months // 12, months % 12 + 1
    day = min(issued_on.day, calendar.monthrange(year, month)[1])
    same_day = date(year, month, day)
    return same_day if day < issued_on.day else same_day - timedelta(days=1)


def expiry_of(*, issued_on: date, stated: date | None, valid_months: int | None) -> date | None:
    """The last valid day: what the paper states, but never later than its kind allows; None where it does not run out."""
    longest = last_day_of(issued_on, valid_months) if valid_months else None
    if stated is None or longest is None:
        return stated or longest
    return min(stated, longest)


def reminder_at(*, last_day: date, today: date) -> int | None:
    """Which of REMINDER_DAYS has come for what ends on `last_day`; None where it is too early, or over."""
    left = (last_day - today).days
    return min((days for days in REMINDER_DAYS if 0 <= left <= days), default=None)


def is_news(*, last_day: date, decided_on: date, days: int) -> bool:
    """Whether a reminder says something: who was verified with so few days left has just seen the day themselves."""
    return (last_day - decided_on).days > days


def masked_number(number: str) -> str:
    """The last four signs of a licence's number, stars before; all stars where it is short."""
    return "*" * max(4, len(number) - 4) + number[-4:] if len(number) > 6 else "*" * len(number)
