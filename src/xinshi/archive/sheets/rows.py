"""Rows that mean people of the archive: read, found, and what is wrong with them in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext

from xinshi.archive.sheets.columns import KEYS, SYNONYMS
from xinshi.documents.sheets import (
    ROUNDED_NUMBER,
    Cell,
    FileTooLarge,
    Header,
    HeaderNotFound,
    Sheet,
    find_header,
    read_sheets,
)
from xinshi.documents.workbook import write_workbook
from xinshi.kernel.errors import gettext_noop
from xinshi.people.domain import plain_name
from xinshi.people.models import Person
from xinshi.people.queries import find_known

ROWS_MAX: Final = 5_000
PREVIEW_ROWS: Final = 20
REASON_TITLES: Final = ("未导入原因", "Why this row was not imported")
NUMBER_MISSING: Final = gettext_noop("Give the archive number, the identity number or the volunteer number.")
NUMBER_ROUNDED: Final = gettext_noop("The spreadsheet program has rounded this number. Enter it as text, whole.")
NOBODY: Final = gettext_noop("Nobody in the archive has this number. Open their account first.")
NAME_DIFFERS: Final = gettext_noop("The archive knows this number under another name. Check the name and the number.")
TWO_PEOPLE: Final = gettext_noop("The numbers in this row belong to two different people. Check which one is right.")
TWICE: Final = gettext_noop("This person stands in an earlier row already.")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: in which column, a message id, what fills its placeholders."""

    column: str
    message: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        text = gettext(self.message)
        return text % dict(self.parameters) if self.parameters else text


@dataclass(slots=True)
class Row:
    """One row: its number in the sheet, its cells, whom it means (0 while not known), what is wrong."""

    number: int
    cells: Sequence[Cell]
    header: Header
    person_id: int = 0
    faults: list[Fault] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A cell as text; empty where the column is not there."""
        column = self.header.columns.get(name)
        if column is None or column >= len(self.cells):
            return ""
        cell = self.cells[column]
        if isinstance(cell, datetime):
            return cell.date().isoformat()
        return cell.isoformat() if isinstance(cell, date) else cell.strip()

    def number_text(self, name: str) -> str:
        """An identifying number without spaces; empty where it is masked; a fault where it was rounded."""
        text = re.sub(r"\s", "", self.text(name)).upper()
        if text == ROUNDED_NUMBER:
            self.fail(name, NUMBER_ROUNDED)
            return ""
        return "" if "*" in text else text

    def fail(self, name: str, message: str, **parameters: str) -> None:
        self.faults.append(Fault(name, message, parameters))


@dataclass(frozen=True, slots=True)
class Rejection:
    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What an import did, or on a dry run would do. Every row is changed, unchanged or rejected."""

    rows: int
    changed: int
    unchanged: int
    rejected: Sequence[Rejection]
    first_rows: Sequence[tuple[int, str, str]]
    """Row, name, and what becomes of it in words."""
    rejected_workbook: bytes | None

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": [{"row": one.row, "column": one.column, "message": one.message} for one in self.rejected],
        }


def read_rows(data: bytes, *, file_name: str, required: Sequence[str]) -> list[Row]:
    """The rows of the first sheet that names people, a number and `required`; nobody is looked up yet."""
    sheet, header = _table(read_sheets(data, file_name=file_name), required)
    rows = [
        Row(number=index, cells=cells, header=header)
        for index, cells in enumerate(sheet.rows[header.row_index + 1 :], start=header.row_index + 2)
        if any(cell != "" for cell in cells)
    ]
    if len(rows) > ROWS_MAX:
        raise FileTooLarge
    return rows


def _table(sheets: Sequence[Sheet], required: Sequence[str]) -> tuple[Sheet, Header]:
    for sheet in sheets:
        for key in KEYS:
            header = find_header(sheet, SYNONYMS, required=("name", key, *required))
            if header:
                return sheet, header
    wanted = ("name", "volunteer_number", *required)
    raise HeaderNotFound(columns=", ".join(SYNONYMS[name][0] for name in wanted))


def find_people(rows: Sequence[Row], *, once: bool) -> None:
    """Say of each row whom it means; `once`: nobody stands in two rows."""
    numbers = {row.number: {key: row.number_text(key) for key in KEYS} for row in rows}
    by_id, by_number = find_known(
        id_numbers=[one["id_number"] for one in numbers.values()],
        volunteer_numbers=[one["volunteer_number"] for one in numbers.values()],
    )
    wanted = [int(one["archive_number"]) for one in numbers.values() if _is_number(one["archive_number"])]
    names = _names(wanted + [one.id for one in (*by_id.values(), *by_number.values())])
    seen: set[int] = set()
    for row in rows:
        typed = numbers[row.number]
        found = {
            known.id
            for known in (by_id.get(typed["id_number"]), by_number.get(typed["volunteer_number"]))
            if known is not None
        }
        if typed["archive_number"]:
            found.add(int(typed["archive_number"]) if _is_number(typed["archive_number"]) else 0)
        _settle(row, found, names, has_number=any(typed.values()))
        if once and row.person_id and row.person_id in seen:
            row.fail("name", TWICE)
        seen.add(row.person_id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _names(person_ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), 500):
        rows = Person.objects.filter(pk__in=wanted[start : start + 500], erased_at=None, merged_into=None)
        found |= dict(rows.values_list("pk", "name"))
    return found


def _settle(row: Row, found: set[int], names: Mapping[int, str], *, has_number: bool) -> None:
    if row.faults:
        return
    if not has_number:
        row.fail("volunteer_number", NUMBER_MISSING)
    elif len(found) > 1:
        row.fail("volunteer_number", TWO_PEOPLE)
    elif not found or next(iter(found)) not in names:
        row.fail("volunteer_number", NOBODY)
    elif names[next(iter(found))] != plain_name(row.text("name")):
        row.fail("name", NAME_DIFFERS)
    else:
        row.person_id = next(iter(found))


def rejections(rows: Sequence[Row]) -> list[Rejection]:
    """One message per row that is not taken: everything that is wrong with it."""
    return [
        Rejection(
            row=row.number,
            column=_title(row, row.faults[0].column),
            message=" ".join(str(fault) for fault in row.faults),
        )
        for row in rows
        if row.faults
    ]


def _title(row: Row, name: str) -> str:
    column = row.header.columns.get(name)
    return row.header.titles[column] if column is not None else SYNONYMS.get(name, (name,))[0]


def rejected_workbook(rows: Sequence[Row]) -> bytes | None:
    """The rejected rows as they came, and why; to be corrected and imported again. None where none was rejected."""
    bad = [row for row in rows if row.faults]
    if not bad:
        return None
    titles = bad[0].header.titles
    kept = [column for column, title in enumerate(titles) if title not in REASON_TITLES]
    return write_workbook(
        sheet_name=gettext("Rejected rows"),
        headers=[*(titles[column] for column in kept), gettext("Why this row was not imported")],
        rows=[
            [*(row.cells[column] if column < len(row.cells) else "" for column in kept), said.message]
            for row, said in zip(bad, rejections(bad), strict=True)
        ],
    )
