"""Pure checks of somebody's basic data (基本信息, 民政部令67): one fault per field, saying what would be right.

Used by the form at the station, the spreadsheet importer and the action itself, so that no door is laxer than another.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import date
from typing import Final, Protocol

from xinshi.kernel.codes import IDENTITY_DOCUMENTS, SERVICE_CATEGORIES
from xinshi.kernel.errors import gettext_noop
from xinshi.people.domain import (
    ID_NUMBER,
    MOBILE_PHONE,
    VOLUNTEER_NUMBER,
    id_birth_date,
    id_check_sign,
    id_sex,
)

RESIDENT_ID: Final = "01"
NAME_LENGTH_MAX: Final = 64
AREA_LENGTH_MAX: Final = 64
SKILLS_MAX: Final = 20
SKILL_LENGTH_MAX: Final = 30
AGE_MAX: Final = 120
GROUPS: Final = ("staff", "student", "citizen")
OTHER_ID_NUMBER: Final = re.compile(r"[0-9A-Z()/\-. \u4e00-\u9fff]{4,32}")
FOREIGN_PHONE: Final = re.compile(r"\+(?!86)\d{6,15}")
KNOWN_ID_KINDS: Final = frozenset(code for code, _, _ in IDENTITY_DOCUMENTS)
KNOWN_CATEGORIES: Final = frozenset(code for code, _, _ in SERVICE_CATEGORIES)


class BasicData(Protocol):
    """What is checked; `people.actions.NewPerson` has these attributes."""

    @property
    def name(self) -> str: ...
    @property
    def sex(self) -> str: ...
    @property
    def birth_date(self) -> date | None: ...
    @property
    def id_kind(self) -> str: ...
    @property
    def id_number(self) -> str: ...
    @property
    def volunteer_number(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def area(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def skills(self) -> tuple[str, ...]: ...
    @property
    def service_categories(self) -> tuple[str, ...]: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the field, a stable code, a message id and what fills its placeholders."""

    field: str
    code: str
    message: str
    parameters: dict[str, str] = dataclasses.field(default_factory=dict)


NAME_MISSING: Final = gettext_noop("The name is missing.")
NAME_FORMAT: Final = gettext_noop("A name has 1 to 64 letters and no digits.")
SEX_UNKNOWN: Final = gettext_noop("Write 男 or 女.")
SEX_MISMATCH: Final = gettext_noop("By the identity number this would be %(expected)s.")
BIRTH_DATE_IMPOSSIBLE: Final = gettext_noop("Nobody can be born on this day. Write a day such as 1990-05-21.")
BIRTH_DATE_MISMATCH: Final = gettext_noop("By the identity number this would be %(expected)s.")
ID_KIND_UNKNOWN: Final = gettext_noop(
    "This kind of document is not known. Use the ministry's names, such as 内地居民身份证 or 护照."
)
ID_KIND_MISSING: Final = gettext_noop("Say which kind of document this number belongs to.")
ID_LENGTH: Final = gettext_noop(
    "A resident identity number has 18 signs: 17 digits, then a digit or X. This one has %(count)s."
)
ID_FORMAT: Final = gettext_noop("A resident identity number has 18 signs: 17 digits, then a digit or X.")
ID_BIRTH_DATE: Final = gettext_noop("Signs 7 to 14 of the identity number (%(found)s) are no real birth date.")
ID_CHECKSUM: Final = gettext_noop(
    "The check sign does not fit: a number that starts like this ends with %(expected)s. Compare it with the card."
)
ID_OTHER_FORMAT: Final = gettext_noop("The number of a document has 4 to 32 letters, digits or dashes.")
PHONE_FORMAT: Final = gettext_noop(
    "A mobile number has 11 digits and starts with 13 to 19; numbers from abroad start with +."
)
VOLUNTEER_NUMBER_LENGTH: Final = gettext_noop("A volunteer number has 18 digits. This one has %(count)s signs.")
IDENTITY_MISSING: Final = gettext_noop(
    "Give an identity number or a volunteer number, so that nobody is registered twice."
)
AREA_LENGTH: Final = gettext_noop("The area has at most 64 signs.")
GROUP_UNKNOWN: Final = gettext_noop("Choose staff, student or citizen.")
SKILLS_FORMAT: Final = gettext_noop("At most 20 skills, each of at most 30 signs.")
CATEGORY_UNKNOWN: Final = gettext_noop("“%(found)s” is no service category of the ministry.")


def faults(data: BasicData, *, today: date) -> list[Fault]:
    """Everything that is wrong with `data`, at most one fault per field."""
    found: dict[str, Fault] = {}
    for fault in (*_name_faults(data), *_identity_faults(data, today), *_contact_faults(data), *_service_faults(data)):
        found.setdefault(fault.field, fault)
    return list(found.values())


def intake_faults(data: BasicData, *, today: date) -> list[Fault]:
    """`faults`, and what a door that takes people in asks beyond: a name of letters, and one number to be known by."""
    found = faults(data, today=today)
    with_faults = {fault.field for fault in found}
    has_letters = any(sign.isalpha() for sign in data.name) and not any(sign.isdigit() for sign in data.name)
    if "name" not in with_faults and not has_letters:
        found.append(Fault("name", "name_format", NAME_FORMAT))
    if "id_number" not in with_faults and not data.id_number and not data.volunteer_number:
        found.append(Fault("id_number", "identity_missing", IDENTITY_MISSING))
    return found


def _name_faults(data: BasicData) -> Iterator[Fault]:
    if not data.name:
        yield Fault("name", "name_missing", NAME_MISSING)
    elif len(data.name) > NAME_LENGTH_MAX:
        yield Fault("name", "name_format", NAME_FORMAT)
    if data.sex not in ("", "1", "2"):
        yield Fault("sex", "sex_unknown", SEX_UNKNOWN)


def _identity_faults(data: BasicData, today: date) -> Iterator[Fault]:
    if data.birth_date and not date(today.year - AGE_MAX, 1, 1) <= data.birth_date <= today:
        yield Fault("birth_date", "birth_date_impossible", BIRTH_DATE_IMPOSSIBLE)
    if data.id_kind and data.id_kind not in KNOWN_ID_KINDS:
        yield Fault("id_kind", "id_kind_unknown", ID_KIND_UNKNOWN)
    elif data.id_number and not data.id_kind:
        yield Fault("id_kind", "id_kind_missing", ID_KIND_MISSING)
    elif data.id_number and data.id_kind == RESIDENT_ID:
        fault = resident_id_fault(data.id_number, today=today)
        if fault:
            yield fault
        else:
            yield from _mismatches(data)
    elif data.id_number and not OTHER_ID_NUMBER.fullmatch(data.id_number):
        yield Fault("id_number", "id_format", ID_OTHER_FORMAT)
    if data.volunteer_number and not (VOLUNTEER_NUMBER.fullmatch(data.volunteer_number)):
        count = {"count": str(len(data.volunteer_number))}
        yield Fault("volunteer_number", "volunteer_number_format", VOLUNTEER_NUMBER_LENGTH, count)


def resident_id_fault(number: str, *, today: date) -> Fault | None:
    """What is wrong with the number of a resident identity card (GB 11643); None where nothing is."""
    if len(number) != 18:
        return Fault("id_number", "id_format", ID_LENGTH, {"count": str(len(number))})
    if not ID_NUMBER.fullmatch(number):
        return Fault("id_number", "id_format", ID_FORMAT)
    born = id_birth_date(number)
    if born is None or not date(today.year - AGE_MAX, 1, 1) <= born <= today:
        return Fault("id_number", "id_birth_date", ID_BIRTH_DATE, {"found": number[6:14]})
    expected = id_check_sign(number[:17])
    if expected != number[17]:
        return Fault("id_number", "id_checksum", ID_CHECKSUM, {"expected": expected})
    return None


def _mismatches(data: BasicData) -> Iterator[Fault]:
    born, sex = id_birth_date(data.id_number), id_sex(data.id_number)
    if data.birth_date and born and data.birth_date != born:
        yield Fault("birth_date", "birth_date_mismatch", BIRTH_DATE_MISMATCH, {"expected": born.isoformat()})
    if data.sex in ("1", "2") and data.sex != sex:
        expected = gettext_noop("male") if sex == "1" else gettext_noop("female")
        yield Fault("sex", "sex_mismatch", SEX_MISMATCH, {"expected": expected})


def _contact_faults(data: BasicData) -> Iterator[Fault]:
    if data.phone and not (MOBILE_PHONE.fullmatch(data.phone) or FOREIGN_PHONE.fullmatch(data.phone)):
        yield Fault("phone", "phone_format", PHONE_FORMAT)
    if len(data.area) > AREA_LENGTH_MAX:
        yield Fault("area", "area_length", AREA_LENGTH)


def _service_faults(data: BasicData) -> Iterator[Fault]:
    if data.group not in GROUPS:
        yield Fault("group", "group_unknown", GROUP_UNKNOWN)
    if len(data.skills) > SKILLS_MAX or any(len(skill) > SKILL_LENGTH_MAX for skill in data.skills):
        yield Fault("skills", "skills_format", SKILLS_FORMAT)
    for category in data.service_categories:
        if category not in KNOWN_CATEGORIES:
            yield Fault("service_categories", "category_unknown", CATEGORY_UNKNOWN, {"found": category})
