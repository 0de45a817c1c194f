"""Changing a profile, part by part, by oneself or by the station on behalf of somebody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from xinshi.archive.access import (
    is_self,
    locked_person,
    require_may_call,
    require_own_or_keeper,
)
from xinshi.archive.availability import EXCEPTIONS_MAX, AvailabilityException
from xinshi.archive.models import Profile, Site, Skill
from xinshi.archive.profile import OwnLimits, Part, Sites, Skills, check_exception
from xinshi.audit.actions import record
from xinshi.doors.logs import masked
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.people.actions import ReasonMissing, change_service_words
from xinshi.people.basic_data import SKILL_LENGTH_MAX
from xinshi.people.basic_data import SKILLS_MAX as WORDS_MAX
from xinshi.people.models import Person

REASON_LENGTH_MIN = 2


class TooManyExceptions(DomainError):
    code = "availability_exceptions_too_many"
    message = gettext_noop("At most %(number)s exceptions can be kept. Remove one that is over.")
    status = 422


@dataclass(frozen=True, slots=True)
class CareData:
    """Whom to call for somebody, and what to know in an emergency; shown once, on record."""

    emergency_name: str
    emergency_phone: str
    emergency_relation: str
    health_remark: str


@transaction.atomic
def change_profile(*, actor: Actor, person_id: int, parts: Iterable[Part]) -> list[str]:
    """Put these parts in the place of what the profile says; returns the names of the columns that changed.

    The station does it on behalf of people without a phone, and the trail says so. NotFound for anybody else.
    """
    require_own_or_keeper(actor, person_id)
    person = locked_person(person_id)
    row = _profile(person_id)
    columns: dict[str, Any] = {}
    for part in parts:
        columns |= part.columns()
        _require_known(row, part)
        if isinstance(part, OwnLimits):
            columns["limits_said_at"] = row.limits_said_at or clock.now()
        if isinstance(part, Skills):
            _tell_people(actor, person, row, part)
    return _write(actor, row, columns)


@transaction.atomic
def add_exception(*, actor: Actor, person_id: int, exception: AvailabilityException) -> None:
    """Say that one cannot come on some days, or can come although the week says otherwise. Said twice, it stands once."""
    require_own_or_keeper(actor, person_id)
    check_exception(exception)
    if exception.last < clock.today():
        raise Invalid(field="last", reason=gettext_noop("These days are over already."))
    locked_person(person_id)
    row = _profile(person_id)
    known = [one for one in _exceptions(row) if one.last >= clock.today()]
    same_days = [one for one in known if (one.first, one.last) != (exception.first, exception.last)]
    if len(same_days) >= EXCEPTIONS_MAX:
        raise TooManyExceptions(number=EXCEPTIONS_MAX)
    _write(actor, row, {"exceptions": [one.as_stored() for one in sorted([*same_days, exception])]})


@transaction.atomic
def remove_exception(*, actor: Actor, person_id: int, exception: AvailabilityException) -> None:
    """Take back an exception, known by its days; nothing happens where it is gone already."""
    require_own_or_keeper(actor, person_id)
    locked_person(person_id)
    row = _profile(person_id)
    kept = [one for one in _exceptions(row) if (one.first, one.last) != (exception.first, exception.last)]
    _write(actor, row, {"exceptions": [one.as_stored() for one in kept]})


@transaction.atomic
def reveal_care(*, actor: Actor, person_id: int, reason: str) -> CareData:
    """Whom to call and what to know: for the station, and for who leads the person's service today; each look is on record.

    NotFound for everybody else; ReasonMissing where they do not say why.
    """
    require_may_call(actor, person_id)
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise ReasonMissing
    row = Profile.objects.filter(pk=person_id, person__erased_at=None).first()
    record(
        actor=actor,
        action="archive.reveal_care",
        object_ref=f"person:{person_id}",
        reason=masked(reason.strip()[:200]),
    )
    if row is None:
        return CareData("", "", "", "")
    return CareData(row.emergency_name, row.emergency_phone, row.emergency_relation, row.health_remark)


def _profile(person_id: int) -> Profile:
    """The person's row, or a new one that is not written yet; the person is locked."""
    return Profile.objects.filter(pk=person_id).first() or Profile(person_id=person_id)


def _exceptions(row: Profile) -> list[AvailabilityException]:
    return [AvailabilityException.from_stored(one) for one in row.exceptions]


def _require_known(row: Profile, part: Part) -> None:
    """What is new must be of the hospital's lists; what stands already may stay although it was taken off the list."""
    if isinstance(part, Skills):
        _require_codes(Skill, set(part.levels) - set(row.skills), field="skills")
    if isinstance(part, Sites) and part.codes:
        _require_codes(Site, set(part.codes) - set(row.sites or ()), field="sites")


def _require_codes(table: type[Skill] | type[Site], codes: set[str], *, field: str) -> None:
    if codes and table.objects.filter(code__in=codes, is_active=True).count() != len(codes):
        raise Invalid(field=field, reason=gettext_noop("Choose from the hospital's list."))


def _tell_people(actor: Actor, person: Person, row: Profile, part: Skills) -> None:
    """The basic data name the same skills in words (民政部令67), beside those that are in no catalogue."""
    names = dict(Skill.objects.values_list("code", "name"))
    left = {names[code] for code in row.skills if code in names and code not in part.levels}
    words = [
        *(names[code] for code in sorted(part.levels) if code in names),
        *(one for one in person.skills if one not in left),
    ]
    kept = [word for word in dict.fromkeys(words) if len(word) <= SKILL_LENGTH_MAX]
    change_service_words(
        actor=actor, person_id=person.pk, skills=tuple(kept[:WORDS_MAX]), service_categories=part.interests
    )


def _write(actor: Actor, row: Profile, columns: dict[str, Any]) -> list[str]:
    changed = sorted(name for name, value in columns.items() if getattr(row, name) != value)
    if not changed:
        return []
    for name in changed:
        setattr(row, name, columns[name])
    row.changed_at, row.changed_by_ref = clock.now(), actor.reference
    written = {name: getattr(row, name) for name in (*changed, "changed_at", "changed_by_ref")}
    if not Profile.objects.filter(pk=row.pk).update(**written):
        row.save(force_insert=True)
    record(
        actor=actor,
        action="archive.change_profile",
        object_ref=f"person:{row.pk}",
        columns=changed,
        on_behalf=not is_self(actor, row.pk),
    )
    return changed
