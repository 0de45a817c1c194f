"""The archive as a spreadsheet: numbers masked; whole ones only for keepers who say why, on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from xinshi.archive.access import require_keeper, require_reader
from xinshi.archive.models import Profile, Qualification, QualificationKind, Site, Skill
from xinshi.archive.queries.profiles import Wanted, coming_exceptions, lines, matching
from xinshi.archive.sheets import words
from xinshi.archive.sheets.columns import TITLES
from xinshi.audit.actions import record
from xinshi.documents.workbook import Cell, write_csv, write_workbook
from xinshi.doors.logs import masked
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import SERVICE_CATEGORIES, label_for
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.people.actions import ReasonMissing
from xinshi.people.domain import masked_id, masked_name, masked_phone
from xinshi.people.models import Person

XLSX_ROWS_MAX: Final = 20_000
CSV_ROWS_MAX: Final = 200_000
PART: Final = 500
GROUPS: Final = {"staff": "本院职工", "student": "高校学生", "citizen": "社会人士"}


class TooManyRows(DomainError):
    code = "export_too_large"
    message = gettext_noop("A file has at most %(number)s people. Narrow the list first, or take CSV.")
    status = 422


def export_archive(
    *, actor: Actor, wanted: Wanted, form: str = "xlsx", is_whole: bool = False, reason: str = ""
) -> bytes:
    """Everybody whom `wanted` matches, as xlsx or csv; a few queries per 500 people.

    Readers get masked numbers, and not why somebody cannot come. `is_whole`: identity numbers, phones, emergency contacts
    and notes whole, for keepers with a reason.
    """
    require_reader(actor)
    if is_whole:
        require_keeper(actor)
        if len(reason.strip()) < 2:
            raise ReasonMissing
    people = matching(actor, wanted)
    count, most = people.count(), XLSX_ROWS_MAX if form == "xlsx" else CSV_ROWS_MAX
    if count > most:
        raise TooManyRows(number=f"{most:,}")
    with transaction.atomic():
        record(
            actor=actor,
            action="archive.export",
            object_ref="archive:export",
            people=count,
            is_whole=is_whole,
            reason=masked(reason.strip()[:200]),
        )
    headers = list(TITLES.values())
    rows = _rows(actor, list(people.values_list("pk", flat=True)), is_whole=is_whole)
    if form == "xlsx":
        return write_workbook(sheet_name="志愿者档案", headers=headers, rows=rows)
    return write_csv(headers=headers, rows=rows)


def _rows(actor: Actor, person_ids: Sequence[int], *, is_whole: bool) -> Iterator[list[Cell]]:
    skills = dict(Skill.objects.values_list("code", "name"))
    sites = dict(Site.objects.values_list("code", "name"))
    kinds = dict(QualificationKind.objects.values_list("pk", "name"))
    today = clock.today()
    for start in range(0, len(person_ids), PART):
        part = person_ids[start : start + PART]
        people = Person.objects.in_bulk(part)
        profiles = Profile.objects.in_bulk(part)
        held = _held(part, kinds, today)
        complete = {one.person_id: one.completeness.percent for one in lines(actor, list(people.values()))}
        for pk in part:
            if pk in people:
                row = profiles.get(pk) or Profile(person_id=pk)
                cells = _basic(people[pk], is_whole=is_whole) | _profile(row, skills, sites, is_whole=is_whole)
                cells["interests"] = "、".join(
                    label_for(SERVICE_CATEGORIES, code, chinese=True) for code in people[pk].service_categories
                )
                cells |= {"qualifications": "、".join(held[pk]), "completeness": f"{complete[pk]}%"}
                yield [cells[name] for name in TITLES]


def _held(person_ids: Sequence[int], kinds: dict[int, str], today: date) -> dict[int, list[str]]:
    """What of each person is valid today, with its last day."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = Qualification.objects.filter(person_id__in=person_ids, state=Qualification.State.VERIFIED)
    rows = rows.filter(Q(expires_on=None) | Q(expires_on__gte=today)).order_by("kind_id", "pk")
    for person_id, kind_id, expires_on in rows.values_list("person_id", "kind_id", "expires_on"):
        found[person_id].append(f"{kinds[kind_id]}（{expires_on}）" if expires_on else kinds[kind_id])
    return found


def _basic(person: Person, *, is_whole: bool) -> dict[str, Any]:
    return {
        "archive_number": str(person.pk),
        "name": person.name,
        "volunteer_number": person.volunteer_number or "",
        "id_number": person.id_number if is_whole else masked_id(person.id_number),
        "phone": person.phone if is_whole else masked_phone(person.phone),
        "group": GROUPS[person.group],
    }


def _profile(row: Profile, skills: dict[str, str], sites: dict[str, str], *, is_whole: bool) -> dict[str, Any]:
    said = row.limits_said_at is not None
    return {
        "profession": row.profession,
        "professional_title": row.professional_title,
        "employer": row.employer,
        "languages": "、".join(row.languages),
        "skills": words.skills_text(row.skills, skills),
        "weekly": words.weekly_text(row.weekly),
        "exceptions": words.exceptions_text(coming_exceptions(row), with_notes=is_whole),
        "hours_a_week_max": words.hours_text(row.minutes_a_week_max),
        "shifts_a_week_max": "" if row.shifts_a_week_max is None else str(row.shifts_a_week_max),
        "shifts_a_day_max": "" if row.shifts_a_day_max is None else str(row.shifts_a_day_max),
        "takes_nights": words.yes_no_text(row.takes_nights) if said else "",
        "may_lift": words.yes_no_text(row.may_lift) if said else "",
        "sites": "、".join(sites.get(code, code) for code in row.sites or ()),
        "emergency_name": row.emergency_name if is_whole else masked_name(row.emergency_name),
        "emergency_relation": words.relation_text(row.emergency_relation),
        "emergency_phone": row.emergency_phone if is_whole else masked_phone(row.emergency_phone),
    }
