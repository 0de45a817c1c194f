"""The parts of a profile, each changed by itself; pure. A part knows its columns and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from xinshi.archive.availability import (
    EXCEPTION_DAYS_MAX,
    EXCEPTIONS_MAX,
    NOTE_LENGTH_MAX,
    WEEKLY_MAX,
    AvailabilityException,
)
from xinshi.archive.domain import Limits
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.people.basic_data import FOREIGN_PHONE, PHONE_FORMAT
from xinshi.people.domain import MOBILE_PHONE

LANGUAGES_MAX: Final = 12
LANGUAGE_LENGTH_MAX: Final = 20
SKILLS_MAX: Final = 40
LEVELS: Final = (1, 2, 3)
"""1 some experience, 2 well practised, 3 by profession or able to teach it."""
SITES_MAX: Final = 60
REMARK_LENGTH_MAX: Final = 500
RELATIONS: Final = ("parent", "spouse", "child", "sibling", "friend", "other")
LANDLINE: Final = re.compile(r"0\d{2,3}-?\d{7,8}")


class Part(Protocol):
    """Something of a profile that is changed as one."""

    def columns(self) -> dict[str, Any]:
        """Columns of `Profile` and their values; Invalid where something does not fit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Profession, professional title 职称, employer or school, languages in words."""

    profession: str = ""
    professional_title: str = ""
    employer: str = ""
    languages: tuple[str, ...] = ()

    def columns(self) -> dict[str, Any]:
        texts = (("profession", self.profession, 60), ("professional_title", self.professional_title, 60))
        for name, value, length in (*texts, ("employer", self.employer, 100)):
            if len(value) > length:
                raise Invalid(field=name, reason=gettext_noop("This is too long. Shorten it."))
        if len(self.languages) > LANGUAGES_MAX or any(len(one) > LANGUAGE_LENGTH_MAX for one in self.languages):
            raise Invalid(field="languages", reason=gettext_noop("At most 12 languages, each of at most 20 signs."))
        return {
            "profession": self.profession.strip(),
            "professional_title": self.professional_title.strip(),
            "employer": self.employer.strip(),
            "languages": list(self.languages),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Skills:
    """Levels by code of the hospital's catalogue, and the service categories one is interested in."""

    levels: Mapping[str, int] = field(default_factory=dict)
    interests: tuple[str, ...] = ()

    def columns(self) -> dict[str, Any]:
        if len(self.levels) > SKILLS_MAX or any(level not in LEVELS for level in self.levels.values()):
            raise Invalid(field="skills", reason=gettext_noop("At most 40 skills, each with a level from 1 to 3."))
        return {"skills": dict(sorted(self.levels.items()))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The weekly pattern; None takes back what was said."""

    weekly: int | None

    def columns(self) -> dict[str, Any]:
        if self.weekly is not None and not 0 <= self.weekly <= WEEKLY_MAX:
            raise Invalid(field="weekly", reason=gettext_noop("A week has 28 quarters of days."))
        return {"weekly": self.weekly}


def check_exception(exception: AvailabilityException) -> None:
    """Invalid where the days are in the wrong order or too many, or the note is too long."""
    if exception.last < exception.first:
        raise Invalid(field="last", reason=gettext_noop("The last day comes before the first."))
    if (exception.last - exception.first).days >= EXCEPTION_DAYS_MAX:
        raise Invalid(field="last", reason=gettext_noop("An exception lasts at most a year."))
    if len(exception.note) > NOTE_LENGTH_MAX:
        raise Invalid(field="note", reason=gettext_noop("This is too long. Shorten it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """Every day on which somebody cannot come, or can although the week says otherwise."""

    days: tuple[AvailabilityException, ...]

    def columns(self) -> dict[str, Any]:
        for one in self.days:
            check_exception(one)
        if len(self.days) > EXCEPTIONS_MAX or len({(one.first, one.last) for one in self.days}) < len(self.days):
            raise Invalid(field="last", reason=gettext_noop("At most 40 exceptions, each for other days."))
        return {"exceptions": [one.as_stored() for one in sorted(self.days)]}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimits:
    """What somebody does not want or must not do (`Limits`)."""

    limits: Limits

    def columns(self) -> dict[str, Any]:
        one = self.limits
        bounds = (
            ("minutes_a_week_max", one.minutes_a_week_max, 30, 10_080),
            ("shifts_a_week_max", one.shifts_a_week_max, 1, 50),
            ("shifts_a_day_max", one.shifts_a_day_max, 1, 10),
        )
        for name, value, least, most in bounds:
            if value is not None and not least <= value <= most:
                raise Invalid(
                    field=name, reason=gettext_noop("This number is not possible. Leave it empty for no limit.")
                )
        return {
            "minutes_a_week_max": one.minutes_a_week_max,
            "shifts_a_week_max": one.shifts_a_week_max,
            "shifts_a_day_max": one.shifts_a_day_max,
            "takes_nights": one.takes_nights,
            "may_lift": one.may_lift,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Codes of the sites that one can reach; None: anywhere, or not said."""

    codes: tuple[str, ...] | None

    def columns(self) -> dict[str, Any]:
        if self.codes is not None and len(self.codes) > SITES_MAX:
            raise Invalid(field="sites", reason=gettext_noop("These are too many sites."))
        return {"sites": sorted(set(self.codes)) if self.codes else None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """Whom to call; all empty takes the contact away."""

    name: str = ""
    phone: str = ""
    relation: str = ""

    def columns(self) -> dict[str, Any]:
        name, phone = self.name.strip(), self.phone.strip()
        if not name and not phone:
            return {"emergency_name": "", "emergency_phone": "", "emergency_relation": ""}
        if not name or len(name) > 64:
            raise Invalid(field="name", reason=gettext_noop("Write the name of whom to call, at most 64 signs."))
        if not any(form.fullmatch(phone) for form in (MOBILE_PHONE, FOREIGN_PHONE, LANDLINE)):
            raise Invalid(field="phone", reason=PHONE_FORMAT)
        if self.relation and self.relation not in RELATIONS:
            raise Invalid(field="relation", reason=gettext_noop("Choose one of the list."))
        return {"emergency_name": name, "emergency_phone": phone, "emergency_relation": self.relation}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What whoever leads must know in an emergency, such as an allergy; sealed, shown only where it is needed."""

    remark: str = ""

    def columns(self) -> dict[str, Any]:
        if len(self.remark) > REMARK_LENGTH_MAX:
            raise Invalid(field="remark", reason=gettext_noop("This is too long. Shorten it."))
        return {"health_remark": self.remark.strip()}
