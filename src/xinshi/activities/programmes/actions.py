"""Writes of programmes and own days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import IntegrityError, transaction

from xinshi.activities.access import require_planner
from xinshi.activities.domain import CATEGORY_CODES, DESCRIPTION_LENGTH_MAX
from xinshi.activities.models import Programme
from xinshi.activities.programmes.models import OwnDay
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import SERVED_GROUPS
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop

NAME_LENGTH_MAX: Final = 60
THEME_LENGTH_MAX: Final = 120
SERVED_CODES: Final = frozenset(code for code, _english, _chinese in SERVED_GROUPS)
LEAP_YEAR: Final = 2024


class ProgrammeExists(DomainError):
    code = "programme_exists"
    message = gettext_noop("There is a programme of this name already. Choose another name, or change that one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProgramme:
    """`served_groups`: codes of whom it is for (服务对象)."""

    name: str
    theme: str = ""
    category: str = ""
    served_groups: tuple[str, ...] = ()
    description: str = ""
    starts_on: date | None = None
    ends_on: date | None = None


def check_programme(programme: NewProgramme) -> None:
    """Raise Invalid for what is empty, too long, not in the lists, or ends before it begins."""
    if not 1 <= len(programme.name.strip()) <= NAME_LENGTH_MAX:
        raise Invalid(
            field=gettext_noop("Name of the programme"), reason=gettext_noop("Write between 1 and 60 characters.")
        )
    if len(programme.theme) > THEME_LENGTH_MAX or len(programme.description) > DESCRIPTION_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Description"), reason=gettext_noop("Write at most 2000 characters."))
    if programme.category and programme.category not in CATEGORY_CODES:
        raise Invalid(
            field=gettext_noop("Service category"), reason=gettext_noop("Choose a category of the national list.")
        )
    if not SERVED_CODES.issuperset(programme.served_groups):
        raise Invalid(field=gettext_noop("For whom"), reason=gettext_noop("Choose one of the list."))
    if programme.starts_on and programme.ends_on and programme.ends_on < programme.starts_on:
        raise Invalid(field=gettext_noop("Ends"), reason=gettext_noop("The last day is before the first."))


@transaction.atomic
def create_programme(*, actor: Actor, programme: NewProgramme) -> int:
    """A new programme; its id."""
    require_planner(actor)
    check_programme(programme)
    row = Programme(**_values(programme))
    _save(row)
    record(actor=actor, action="activities.create_programme", object_ref=f"programme:{row.pk}")
    return row.pk


@transaction.atomic
def change_programme(*, actor: Actor, programme_id: int, programme: NewProgramme) -> list[str]:
    """Bring a programme to what is given; the names of what changed."""
    require_planner(actor)
    check_programme(programme)
    row = _locked(programme_id)
    changed = [name for name, value in _values(programme).items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, _values(programme)[name])
    if changed:
        _save(row, changed)
        record(actor=actor, action="activities.change_programme", object_ref=f"programme:{row.pk}", fields=changed)
    return changed


@transaction.atomic
def end_programme(*, actor: Actor, programme_id: int) -> None:
    """Nothing new is planned under it any more; what was held under it stays. Ending twice changes nothing."""
    _set_active(actor, programme_id, is_active=False)


@transaction.atomic
def resume_programme(*, actor: Actor, programme_id: int) -> None:
    """An ended programme goes on."""
    _set_active(actor, programme_id, is_active=True)


def _set_active(actor: Actor, programme_id: int, *, is_active: bool) -> None:
    require_planner(actor)
    row = _locked(programme_id)
    if row.is_active == is_active:
        return
    row.is_active, row.ended_at = is_active, None if is_active else clock.now()
    row.save(update_fields=["is_active", "ended_at"])
    action = "activities.resume_programme" if is_active else "activities.end_programme"
    record(actor=actor, action=action, object_ref=f"programme:{row.pk}")


@transaction.atomic
def keep_own_day(*, actor: Actor, name: str, month: int, day: int, name_en: str = "") -> int:
    """A day that the hospital keeps every year; a name kept before gets its new date. Its id."""
    require_planner(actor)
    name = name.strip()
    if not 1 <= len(name) <= 40 or len(name_en) > 60:
        raise Invalid(field=gettext_noop("Name of the day"), reason=gettext_noop("Write between 1 and 40 characters."))
    try:
        date(LEAP_YEAR, month, day)
    except ValueError:
        raise Invalid(field=gettext_noop("Day"), reason=gettext_noop("There is no such day in a year.")) from None
    values = {"name_en": name_en.strip(), "month": month, "day": day, "is_active": True}
    row, _is_new = OwnDay.objects.update_or_create(name=name, defaults=values)
    record(actor=actor, action="activities.keep_own_day", object_ref=f"own-day:{row.pk}", month=month, day=day)
    return row.pk


@transaction.atomic
def drop_own_day(*, actor: Actor, own_day_id: int) -> None:
    """The day is kept no more."""
    require_planner(actor)
    if not OwnDay.objects.filter(pk=own_day_id, is_active=True).update(is_active=False):
        raise NotFound
    record(actor=actor, action="activities.drop_own_day", object_ref=f"own-day:{own_day_id}")


def _locked(programme_id: int) -> Programme:
    row = Programme.objects.select_for_update(no_key=True).filter(pk=programme_id).first()
    if row is None:
        raise NotFound
    return row


def _values(programme: NewProgramme) -> dict[str, object]:
    return {
        "name": programme.name.strip(),
        "theme": programme.theme.strip(),
        "category": programme.category,
        "served_groups": " ".join(sorted(programme.served_groups)),
        "description": programme.description.strip(),
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
    }


def _save(row: Programme, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError:
        raise ProgrammeExists from None
