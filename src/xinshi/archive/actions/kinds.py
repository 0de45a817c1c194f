"""The hospital's own lists: kinds of qualification with what they include, skills, sites. Never deleted, only taken off."""

from __future__ import annotations

import re
from typing import Final

from django.db import IntegrityError, transaction

from xinshi.archive.access import require_keeper
from xinshi.archive.domain import (
    VALID_MONTHS_MAX,
    CodeTaken,
    InclusionCircle,
    NewKind,
    makes_a_circle,
)
from xinshi.archive.models import Inclusion, QualificationKind, Site, Skill
from xinshi.archive.queries import inclusions
from xinshi.audit.actions import record
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop

CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
TABLES: Final[dict[str, type[Skill] | type[Site]]] = {"skill": Skill, "site": Site}


@transaction.atomic
def save_kind(*, actor: Actor, kind: NewKind, is_active: bool = True) -> int:
    """Create a kind of qualification, or change the one with this code; returns its id.

    What it includes is put in the place of what it included: InclusionCircle where it would include itself, by whatever
    way. Category and code of a kind stay: others rely on them.
    """
    require_keeper(actor)
    _check(kind)
    rows = {row.code: row for row in QualificationKind.objects.select_for_update().order_by("pk")}
    if any(code not in rows for code in kind.includes):
        raise NotFound
    if makes_a_circle({**inclusions(), kind.code: list(kind.includes)}):
        raise InclusionCircle
    row = rows.get(kind.code)
    is_new = row is None
    if row is None:
        row = QualificationKind(code=kind.code, category=kind.category.value)
    row.name, row.name_en = kind.name.strip(), kind.name_en.strip()
    row.valid_months, row.is_active = kind.valid_months, is_active
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise CodeTaken from None
    wanted = {rows[code].pk for code in kind.includes}
    have = set(Inclusion.objects.filter(kind=row).values_list("included_id", flat=True))
    Inclusion.objects.filter(kind=row, included_id__in=have - wanted).delete()
    Inclusion.objects.bulk_create([Inclusion(kind=row, included_id=pk) for pk in sorted(wanted - have)])
    record(
        actor=actor,
        action="archive.create_kind" if is_new else "archive.change_kind",
        object_ref=f"qualification-kind:{row.pk}",
        code=row.code,
        includes=sorted(kind.includes),
        is_active=is_active,
    )
    return row.pk


def _check(kind: NewKind) -> None:
    if not CODE.fullmatch(kind.code) or len(kind.code) > 40:
        raise Invalid(field="code", reason=gettext_noop("A code has small letters, digits and dashes, at most 40."))
    if not 1 <= len(kind.name.strip()) <= 60:
        raise Invalid(field="name", reason=gettext_noop("A name has 1 to 60 signs."))
    if len(kind.name_en) > 80:
        raise Invalid(field="name_en", reason=gettext_noop("This is too long. Shorten it."))
    if kind.valid_months is not None and not 1 <= kind.valid_months <= VALID_MONTHS_MAX:
        raise Invalid(field="valid_months", reason=gettext_noop("Between 1 and 600 months, or empty for ever."))


@transaction.atomic
def save_line(
    *, actor: Actor, table: str, code: str, name: str, name_en: str = "", address: str = "", is_active: bool = True
) -> int:
    """Put a skill (`table` "skill") or a site ("site") on the hospital's list, or change the one with this code."""
    require_keeper(actor)
    if table not in TABLES:
        raise NotFound
    if not CODE.fullmatch(code) or len(code) > 40:
        raise Invalid(field="code", reason=gettext_noop("A code has small letters, digits and dashes, at most 40."))
    if not 1 <= len(name.strip()) <= 40:
        raise Invalid(field="name", reason=gettext_noop("A name has 1 to 40 signs."))
    if len(name_en) > 60 or len(address) > 120:
        raise Invalid(field="name_en", reason=gettext_noop("This is too long. Shorten it."))
    rows = TABLES[table].objects
    row = rows.select_for_update().filter(code=code).first() or TABLES[table](code=code)
    row.name, row.name_en, row.is_active = name.strip(), name_en.strip(), is_active
    if isinstance(row, Site):
        row.address = address.strip()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise CodeTaken from None
    record(actor=actor, action=f"archive.save_{table}", object_ref=f"{table}:{row.pk}", code=code, is_active=is_active)
    return row.pk
