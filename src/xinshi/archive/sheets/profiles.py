"""Profiles from a spreadsheet: a filled cell changes what the archive says, an empty one leaves it as it is."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from xinshi.archive.access import require_keeper
from xinshi.archive.actions.profiles import change_profile
from xinshi.archive.availability import AvailabilityException
from xinshi.archive.domain import Limits
from xinshi.archive.models import Profile, Site, Skill
from xinshi.archive.profile import Emergency, Exceptions, OwnLimits, Part, Sites, Skills, Times, Work
from xinshi.archive.queries.profiles import limits_of
from xinshi.archive.sheets import words
from xinshi.archive.sheets.columns import EXAMPLE_PROFILE, READ_ONLY, TITLES
from xinshi.archive.sheets.rows import (
    PREVIEW_ROWS,
    Row,
    SheetReport,
    find_people,
    read_rows,
    rejected_workbook,
    rejections,
)
from xinshi.audit.actions import record
from xinshi.documents.workbook import write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import SERVICE_CATEGORIES, code_for_label
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.people.models import Person

UNREADABLE = {
    "weekly": gettext_noop("“%(text)s” cannot be read. Write weekdays and times like 周一上午、周三晚上."),
    "exceptions": gettext_noop("“%(text)s” cannot be read. Write days like 2027-01-04至2027-01-15不可；2027-02-11可."),
    "skills": gettext_noop("“%(text)s” cannot be read. Write skills of the hospital's list, like 急救（熟练）."),
    "interests": gettext_noop("“%(text)s” is no service category of the ministry."),
    "sites": gettext_noop("“%(text)s” is not on the hospital's list of sites."),
    "takes_nights": gettext_noop("“%(text)s” cannot be read. Write 是 or 否."),
    "may_lift": gettext_noop("“%(text)s” cannot be read. Write 是 or 否."),
    "emergency_relation": gettext_noop("“%(text)s” cannot be read. Write 父母, 配偶, 子女, 兄弟姐妹, 朋友 or 其他."),
}
NUMBER_UNREADABLE = gettext_noop("“%(text)s” is no whole number.")
HOURS_UNREADABLE = gettext_noop("“%(text)s” cannot be read as hours. Write a number like 6 or 7.5.")
FIELD_OF = {
    "minutes_a_week_max": "hours_a_week_max",
    "last": "exceptions",
    "note": "exceptions",
    "name": "emergency_name",
    "phone": "emergency_phone",
    "relation": "emergency_relation",
}
"""The column of a part's field, where it is called otherwise."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The hospital's lists by name: codes of skills and of sites."""

    skills: Mapping[str, str]
    sites: Mapping[str, str]


def import_profiles(*, actor: Actor, data: bytes, file_name: str, dry_run: bool = False) -> SheetReport:
    """Change the profiles of who is in the spreadsheet; good rows go in although others are rejected.

    A dry run does the same and takes it back, so that what it says is what would happen.
    """
    require_keeper(actor)
    rows = read_rows(data, file_name=file_name, required=())
    find_people(rows, once=True)
    lists = Lists(
        skills=dict(Skill.objects.values_list("name", "code")), sites=dict(Site.objects.values_list("name", "code"))
    )
    known = _known([row.person_id for row in rows if row.person_id])
    changed = 0
    preview: list[tuple[int, str, str]] = []
    with transaction.atomic():
        for row in rows:
            if row.faults:
                continue
            columns = _take(actor, row, known[row.person_id], lists)
            changed += bool(columns)
            if columns and len(preview) < PREVIEW_ROWS:
                preview.append((row.number, row.text("name"), _in_words(columns)))
        if dry_run:
            transaction.set_rollback(True)
        else:
            record(
                actor=actor,
                action="archive.import_profiles",
                object_ref=f"file:{hashlib.sha256(data).hexdigest()[:32]}",
                rows=len(rows),
                changed=changed,
            )
    good = sum(not row.faults for row in rows)
    return SheetReport(
        rows=len(rows),
        changed=changed,
        unchanged=good - changed,
        rejected=rejections(rows),
        first_rows=preview,
        rejected_workbook=rejected_workbook(rows),
    )


def empty_profile_template() -> bytes:
    fields = [name for name in TITLES if name not in READ_ONLY]
    return write_workbook(
        sheet_name="志愿者档案",
        headers=[TITLES[name] for name in fields],
        rows=[[EXAMPLE_PROFILE.get(name, "") for name in fields]],
    )


def _known(person_ids: Sequence[int]) -> dict[int, Person]:
    found: dict[int, Person] = {}
    for start in range(0, len(person_ids), 500):
        part = person_ids[start : start + 500]
        found |= Person.objects.select_related("profile").in_bulk(part)
    return found


def _take(actor: Actor, row: Row, person: Person, lists: Lists) -> list[str]:
    """Change one profile as its row says; the columns that changed. What is wrong becomes the row's fault."""
    profile: Profile = getattr(person, "profile", None) or Profile(person_id=person.pk)
    parts = _parts(row, person, profile, lists)
    if row.faults or not parts:
        return []
    try:
        with transaction.atomic():
            return change_profile(actor=actor, person_id=person.pk, parts=parts)
    except Invalid as refusal:
        name = str(refusal.parameters["field"])
        row.fail(FIELD_OF.get(name, name), str(refusal.parameters["reason"]))
    except DomainError as refusal:
        row.fail("name", refusal.message, **{name: str(value) for name, value in refusal.parameters.items()})
    return []


def _parts(row: Row, person: Person, profile: Profile, lists: Lists) -> list[Part]:
    found: list[Part] = []
    if any(row.text(name) for name in ("profession", "professional_title", "employer", "languages")):
        found.append(
            Work(
                profession=row.text("profession") or profile.profession,
                professional_title=row.text("professional_title") or profile.professional_title,
                employer=row.text("employer") or profile.employer,
                languages=tuple(words.words_of(row.text("languages")) or profile.languages),
            )
        )
    levels = _read(row, "skills", lambda text: words.skills_from(text, lists.skills))
    interests = _read(row, "interests", _categories)
    if levels is not None or interests is not None:
        found.append(
            Skills(
                levels=dict(profile.skills) if levels is None else levels,
                interests=tuple(person.service_categories) if interests is None else interests,
            )
        )
    if (weekly := _read(row, "weekly", words.weekly_from)) is not None:
        found.append(Times(weekly=weekly))
    if (days := _read(row, "exceptions", words.exceptions_from)) is not None:
        found.append(Exceptions(days=_exceptions(profile, days)))
    if (limits := _limits(row, profile)) is not None:
        found.append(OwnLimits(limits=limits))
    if (sites := _read(row, "sites", lambda text: _codes(text, lists.sites))) is not None:
        found.append(Sites(codes=sites))
    if (emergency := _emergency(row, profile)) is not None:
        found.append(emergency)
    return found


def _read(row: Row, name: str, reader: Callable[[str], Any], message: str = "") -> Any:
    """The cell's value; None where it is empty or cannot be read, which is then the row's fault."""
    text = row.text(name)
    if not text:
        return None
    try:
        return reader(text)
    except ValueError as error:
        row.fail(name, message or UNREADABLE[name], text=str(error)[:40] or text[:40])
        return None


def _categories(text: str) -> tuple[str, ...]:
    codes = []
    for word in words.words_of(text):
        code = code_for_label(SERVICE_CATEGORIES, word)
        if code is None:
            raise ValueError(word)
        codes.append(code)
    return tuple(sorted(set(codes)))


def _codes(text: str, known: Mapping[str, str]) -> tuple[str, ...]:
    for word in words.words_of(text):
        if word not in known:
            raise ValueError(word)
    return tuple(known[word] for word in words.words_of(text))


def _exceptions(profile: Profile, given: Sequence[AvailabilityException]) -> tuple[AvailabilityException, ...]:
    """In the place of those to come; what is over stays or is passed over, and a note that is left out stays."""
    known = [AvailabilityException.from_stored(one) for one in profile.exceptions]
    notes = {(one.first, one.last): one.note for one in known}
    today = clock.today()
    coming = [replace(one, note=_note(one.note, notes.get((one.first, one.last), ""))) for one in given]
    return tuple([one for one in known if one.last < today] + [one for one in coming if one.last >= today])


def _note(given: str, known: str) -> str:
    """What is known stays where none is given, or the same with the other width of its signs, as spreadsheets are read."""
    return known if not given or unicodedata.normalize("NFKC", known) == given else given


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise ValueError(text)
    return int(text)


def _limits(row: Row, profile: Profile) -> Limits | None:
    said: dict[str, Any] = {
        "minutes_a_week_max": _read(row, "hours_a_week_max", words.minutes_from, HOURS_UNREADABLE),
        "shifts_a_week_max": _read(row, "shifts_a_week_max", _whole, NUMBER_UNREADABLE),
        "shifts_a_day_max": _read(row, "shifts_a_day_max", _whole, NUMBER_UNREADABLE),
        "takes_nights": _read(row, "takes_nights", words.yes_no_from),
        "may_lift": _read(row, "may_lift", words.yes_no_from),
    }
    filled = {name: value for name, value in said.items() if value is not None}
    return replace(limits_of(profile), **filled) if filled else None


def _emergency(row: Row, profile: Profile) -> Emergency | None:
    """A masked phone, as an export writes it, is no phone: then the contact stays as it is."""
    name, phone = row.text("emergency_name"), row.text("emergency_phone")
    if not phone or "*" in phone or "*" in name:
        return None
    relation = _read(row, "emergency_relation", words.relation_from)
    return Emergency(name=name or profile.emergency_name, phone=phone, relation=relation or profile.emergency_relation)


def _in_words(columns: Sequence[str]) -> str:
    """Which columns change, by their titles."""
    names = {"minutes_a_week_max": "hours_a_week_max"}
    titles = [TITLES[key] for column in columns if (key := names.get(column, column)) in TITLES]
    return gettext("changes: %(columns)s") % {"columns": "、".join(titles)}
