"""Pure rules of a roster: what a row says, what is wrong with it, who is a duplicate of whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from xinshi.bank.roster.columns import FOOTER_STARTS, GROUPS, ID_KINDS, SEXES, TITLES
from xinshi.documents.sheets import ROUNDED_NUMBER, Cell, Header, Sheet, plain_title
from xinshi.kernel.codes import IDENTITY_DOCUMENTS, SERVICE_CATEGORIES, code_for_label
from xinshi.kernel.errors import gettext_noop
from xinshi.people.actions import NewPerson
from xinshi.people.basic_data import RESIDENT_ID, Fault, intake_faults
from xinshi.people.domain import id_birth_date, id_sex, plain_name

DAY_FORMS: Final = (
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]0{1,2}:00(?::00)?)?"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
SHEET_DAY: Final = re.compile(r"[1-5]\d{4}")
SHEET_EPOCH: Final = date(1899, 12, 30)
SEPARATORS: Final = re.compile(r"[、,;/|\n]+")
DEPARTMENT_LENGTH_MAX: Final = 100

DAY_NOT_READABLE: Final = gettext_noop("“%(found)s” is no day. Write it like 1990-05-21.")
NUMBER_ROUNDED: Final = gettext_noop(
    "The spreadsheet program has rounded this long number. Set the column to text and enter the number again."
)
SEX_NOT_READABLE: Final = gettext_noop("“%(found)s” is not understood. Write 男 or 女.")
GROUP_NOT_READABLE: Final = gettext_noop("“%(found)s” is not understood. Write 本院职工, 高校学生 or 社会人士.")
DEPARTMENT_LENGTH: Final = gettext_noop("The name of a department has at most 100 signs.")
SAME_ID_IN_FILE: Final = gettext_noop("Row %(row)s has the same identity number. Keep one of the two rows.")
SAME_NUMBER_IN_FILE: Final = gettext_noop(
    "Row %(row)s has the same volunteer number. Keep one row, or correct the number."
)
TWO_PEOPLE: Final = gettext_noop(
    "The identity number and the volunteer number belong to two different people in the archive. Check which one is right."
)
OTHER_NUMBER_KNOWN: Final = gettext_noop(
    "The archive knows this person with another volunteer number (ending in %(ending)s). Check which one is right."
)
OTHER_ID_KNOWN: Final = gettext_noop(
    "The archive knows this volunteer number with another identity number. Check which one is right."
)
OTHER_NAME_KNOWN: Final = gettext_noop(
    "The archive knows this number under another name. Check the name and the number."
)


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person as a row of the sheet says: `number` is the row's number in the sheet, `cells` what stood there."""

    number: int
    person: NewPerson
    department: str
    cells: Sequence[Cell]
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What the archive knows of somebody whom a row may mean."""

    id: int
    name: str
    volunteer_number: str
    has_id_number: bool
    has_passbook: bool


@dataclass(slots=True)
class Judgement:
    """What becomes of the rows: to be registered, to get a passbook, known, rejected."""

    new: list[RosterRow] = field(default_factory=list)
    without_passbook: list[int] = field(default_factory=list)
    already_known: int = 0
    rejected: list[tuple[RosterRow, list[Fault]]] = field(default_factory=list)


def data_rows(sheet: Sheet, header: Header) -> Iterable[tuple[int, Sequence[Cell]]]:
    """The rows that mean people: not blank, not the header again, not a footer; with their numbers in the sheet."""
    for index, cells in enumerate(sheet.rows[header.row_index + 1 :], start=header.row_index + 2):
        filled = [str(cell) for cell in cells if cell != ""]
        if not filled or _is_header_again(cells, header) or _is_footer(filled):
            continue
        yield index, cells


def _is_header_again(cells: Sequence[Cell], header: Header) -> bool:
    return all(
        column < len(cells) and plain_title(str(cells[column])) == plain_title(header.titles[column])
        for column in header.columns.values()
    )


def _is_footer(filled: Sequence[str]) -> bool:
    return len(filled) <= 2 and filled[0].startswith(FOOTER_STARTS)


def read_row(number: int, cells: Sequence[Cell], header: Header, *, today: date) -> RosterRow:
    """One row as a person, with everything that is wrong with it."""
    faults: list[Fault] = []
    texts = {name: _text(cells, header, name) for name in TITLES}
    for name in ("id_number", "volunteer_number", "phone"):
        if texts[name] == ROUNDED_NUMBER:
            faults.append(Fault(name, "number_rounded", NUMBER_ROUNDED))
            texts[name] = ""
    id_number = re.sub(r"\s", "", texts["id_number"]).upper()
    id_kind = _id_kind(texts["id_kind"], id_number, is_given="id_kind" in header.columns)
    birth_date = _birth_date(cells, header, faults)
    sex = _sex(texts["sex"], faults)
    person = NewPerson(
        name=plain_name(texts["name"]),
        sex=sex,
        birth_date=birth_date,
        id_kind=id_kind,
        id_number=id_number,
        volunteer_number=re.sub(r"\s", "", texts["volunteer_number"]),
        phone=plain_phone(texts["phone"]),
        area=texts["area"],
        group=_group(texts["group"], faults),
        skills=tuple(split_words(texts["skills"])),
        service_categories=tuple(categories_from_text(texts["service_categories"])),
    )
    person = with_what_the_number_tells(person)
    if len(texts["department"]) > DEPARTMENT_LENGTH_MAX:
        faults.append(Fault("department", "department_length", DEPARTMENT_LENGTH))
    said = {fault.field for fault in faults}
    is_nameless_number = not said.isdisjoint(("id_number", "volunteer_number"))
    faults.extend(
        fault
        for fault in intake_faults(person, today=today)
        if fault.field not in said and not (fault.code == "identity_missing" and is_nameless_number)
    )
    faults.sort(key=lambda fault: list(TITLES).index(fault.field))
    return RosterRow(number=number, person=person, department=texts["department"], cells=cells, faults=faults)


def with_what_the_number_tells(person: NewPerson) -> NewPerson:
    """Sex and birth date from a resident identity number, where they were not given."""
    number = person.id_number
    if person.id_kind != RESIDENT_ID or len(number) != 18 or not (number.isascii() and number[:17].isdigit()):
        return person
    return replace(person, sex=person.sex or id_sex(number), birth_date=person.birth_date or id_birth_date(number))


def _text(cells: Sequence[Cell], header: Header, name: str) -> str:
    column = header.columns.get(name)
    if column is None or column >= len(cells):
        return ""
    cell = cells[column]
    return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else cell


def _sex(text: str, faults: list[Fault]) -> str:
    for code, words in SEXES.items():
        if text.lower() in words:
            return code
    faults.append(Fault("sex", "sex_unknown", SEX_NOT_READABLE, {"found": text}))
    return ""


def _group(text: str, faults: list[Fault]) -> str:
    if not text:
        return "citizen"
    for code, words in GROUPS.items():
        if text.lower() in words:
            return code
    faults.append(Fault("group", "group_unknown", GROUP_NOT_READABLE, {"found": text}))
    return "citizen"


def _id_kind(text: str, number: str, *, is_given: bool) -> str:
    """The code of the kind of document; a file without this column means resident identity cards."""
    if not text:
        return RESIDENT_ID if number and (not is_given or len(number) == 18) else ""
    known = code_for_label(IDENTITY_DOCUMENTS, text)
    if known:
        return known
    for code, words in ID_KINDS.items():
        if text.lower() in words:
            return code
    return text


def _birth_date(cells: Sequence[Cell], header: Header, faults: list[Fault]) -> date | None:
    column = header.columns.get("birth_date")
    cell = cells[column] if column is not None and column < len(cells) else ""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date) or not cell:
        return cell or None
    found = day_from_text(cell)
    if found is None:
        faults.append(Fault("birth_date", "day_not_readable", DAY_NOT_READABLE, {"found": cell[:30]}))
    return found


def day_from_text(text: str) -> date | None:
    """A day written as 2026-1-5, 2026/01/05, 2026.1.5, 20260105, 2026年1月5日, or as a spreadsheet's day number."""
    if SHEET_DAY.fullmatch(text):
        return SHEET_EPOCH + timedelta(days=int(text))
    for form in DAY_FORMS:
        match = form.fullmatch(text)
        if match:
            year, month, day = (int(part) for part in match.groups())
            try:
                return date(year, month, day)
            except ValueError:
                return None
    return None


def plain_phone(text: str) -> str:
    """A phone without spaces and dashes; without the country code of mainland China."""
    signs = re.sub(r"[\s\-–—]", "", text)
    for prefix in ("+86", "0086", "86"):
        if signs.startswith(prefix) and len(signs) == len(prefix) + 11:
            return signs.removeprefix(prefix)
    return signs


def split_words(text: str) -> list[str]:
    """What stands between 、 , ; and the like; each once, in order."""
    return list(dict.fromkeys(word.strip() for word in SEPARATORS.split(text) if word.strip()))


def categories_from_text(text: str) -> list[str]:
    """Codes of service categories named in `text`; a name that the ministry does not know stays as it is."""
    codes: dict[str, None] = {}
    for word in split_words(text):
        known = _category(word)
        for part in [word] if known else word.split():
            codes[_category(part) or part] = None
    return list(codes)


def _category(word: str) -> str | None:
    if word.isascii() and word.isdigit():
        return code_for_label(SERVICE_CATEGORIES, word.zfill(4))
    return code_for_label(SERVICE_CATEGORIES, re.sub(r"^\d{4}", "", word))


def judge(
    rows: Iterable[RosterRow], *, by_id: Mapping[str, KnownPerson], by_number: Mapping[str, KnownPerson]
) -> Judgement:
    """What becomes of each row, against the archive (found by identity and volunteer numbers) and against earlier rows."""
    result = Judgement()
    first_by_id: dict[str, int] = {}
    first_by_number: dict[str, int] = {}
    waiting: set[int] = set()
    for row in rows:
        faults = list(row.faults) or _twin_faults(row, first_by_id, first_by_number)
        known = by_id.get(row.person.id_number) or by_number.get(row.person.volunteer_number)
        if not faults:
            faults = _conflicts(row, by_id.get(row.person.id_number), by_number.get(row.person.volunteer_number))
            _remember(row, first_by_id, first_by_number)
        if faults:
            result.rejected.append((row, faults))
        elif known is None:
            result.new.append(row)
        elif known.has_passbook or known.id in waiting:
            result.already_known += 1
        else:
            waiting.add(known.id)
            result.without_passbook.append(known.id)
    return result


def _remember(row: RosterRow, first_by_id: dict[str, int], first_by_number: dict[str, int]) -> None:
    if row.person.id_number:
        first_by_id[row.person.id_number] = row.number
    if row.person.volunteer_number:
        first_by_number[row.person.volunteer_number] = row.number


def _twin_faults(row: RosterRow, first_by_id: Mapping[str, int], first_by_number: Mapping[str, int]) -> list[Fault]:
    twin = first_by_id.get(row.person.id_number)
    if twin is not None:
        return [Fault("id_number", "duplicate_in_file", SAME_ID_IN_FILE, {"row": str(twin)})]
    twin = first_by_number.get(row.person.volunteer_number)
    if twin is not None:
        return [Fault("volunteer_number", "duplicate_in_file", SAME_NUMBER_IN_FILE, {"row": str(twin)})]
    return []


def _conflicts(row: RosterRow, by_id: KnownPerson | None, by_number: KnownPerson | None) -> list[Fault]:
    """Where the archive and the row disagree on who somebody is."""
    if by_id and by_number and by_id.id != by_number.id:
        return [Fault("volunteer_number", "two_people", TWO_PEOPLE)]
    known = by_id or by_number
    if known is None:
        return []
    number = row.person.volunteer_number
    if number and known.volunteer_number and number != known.volunteer_number:
        ending = {"ending": known.volunteer_number[-4:]}
        return [Fault("volunteer_number", "other_volunteer_number_known", OTHER_NUMBER_KNOWN, ending)]
    if by_id is None and row.person.id_number and known.has_id_number:
        return [Fault("id_number", "other_id_number_known", OTHER_ID_KNOWN)]
    if row.person.name != known.name:
        return [Fault("name", "other_name_known", OTHER_NAME_KNOWN)]
    return []
