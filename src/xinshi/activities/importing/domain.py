"""Pure rules of a plan: what a row says, and which rows make one activity."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final, TypeVar

from xinshi.activities.domain import NewActivity, NewRole, NewShift, check_activity
from xinshi.activities.importing.columns import REQUIRED, TITLES
from xinshi.documents.sheets import Cell, Header, Sheet
from xinshi.kernel import clock
from xinshi.kernel.codes import SERVICE_CATEGORIES, code_for_label
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

T = TypeVar("T")
ROWS_MAX: Final = 2_000
TIME: Final = re.compile(r"([01]?\d|2[0-3])[:：时](\d{2})?分?(?::00)?")
DAY_PARTS: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
EMPTY: Final = gettext_noop("This cell must not be empty.")
NO_DAY: Final = gettext_noop("“%(found)s” is no day. Write it like 2026-12-01.")
NO_TIME: Final = gettext_noop("“%(found)s” is no time. Write it like 08:30.")
NO_NUMBER: Final = gettext_noop("“%(found)s” is no whole number.")
NO_CATEGORY: Final = gettext_noop("“%(found)s” is no category of the national list.")
NO_ORGANISATION: Final = gettext_noop("There is no organisation “%(found)s”. Write its name as in the list.")
NO_PERSON: Final = gettext_noop("Nobody has the volunteer number “%(found)s”.")
NO_PROGRAMME: Final = gettext_noop("There is no programme “%(found)s”. Create it first, or leave the cell empty.")
OTHER_ROW: Final = gettext_noop("Another row of this activity is wrong, so the whole activity is left out.")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row: which column, a message id, what stood there."""

    row: int
    column: str
    message: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What the house knows by the names that a plan writes."""

    organizations: Mapping[str, int]
    people: Mapping[str, int]
    programmes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlannedRows:
    """An activity with the rows that make it."""

    rows: Sequence[int]
    activity: NewActivity


def rows_of(sheet: Sheet, header: Header) -> list[Row]:
    """The filled rows below the header, with their numbers in the sheet."""
    found = []
    for index, cells in enumerate(sheet.rows[header.row_index + 1 :], start=header.row_index + 2):
        texts = {name: _text(cells, header, name) for name in TITLES}
        if any(texts.values()):
            found.append(Row(index, texts))
    return found


def _text(cells: Sequence[Cell], header: Header, name: str) -> str:
    column = header.columns.get(name)
    if column is None or column >= len(cells):
        return ""
    cell = cells[column]
    if isinstance(cell, datetime):
        return f"{cell:%H:%M}" if name in ("starts", "ends") else f"{cell:%Y-%m-%d}"
    return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else cell.strip()


def judge(rows: Sequence[Row], known: Known) -> tuple[list[PlannedRows], list[Fault]]:
    """The activities whose rows are all good, and everything that is wrong with the others, in order of rows."""
    faults: list[Fault] = []
    groups: dict[tuple[str, str, str], list[tuple[Row, dict[str, Any]]]] = {}
    spoilt: dict[tuple[str, str, str], set[int]] = {}
    for row in rows:
        key = (row.texts["title"], row.texts["place"], row.texts["organizer"])
        values, wrong = _read(row, known)
        faults += wrong
        groups.setdefault(key, []).append((row, values))
        if wrong:
            spoilt.setdefault(key, set()).add(row.number)
    good: list[PlannedRows] = []
    for key, members in groups.items():
        if key in spoilt:
            faults += [Fault(row.number, "title", OTHER_ROW) for row, _v in members if row.number not in spoilt[key]]
            continue
        made = _activity(members)
        if isinstance(made, Fault):
            faults += [made]
        else:
            good.append(PlannedRows([row.number for row, _values in members], made))
    return good, sorted(faults, key=lambda fault: fault.row)


def _activity(members: Sequence[tuple[Row, dict[str, Any]]]) -> NewActivity | Fault:
    """One activity of these rows: what stands once is taken from the first row that says it."""
    first = members[0][1]
    names = list(dict.fromkeys(values["role"] for _row, values in members))
    activity = NewActivity(
        title=first["title"],
        category=first["category"],
        place=first["place"],
        organizer_id=first["organizer"],
        person_in_charge_id=first["person_in_charge"],
        programme_id=first["programme"],
        description=next((values["description"] for _row, values in members if values["description"]), ""),
        risks=next((values["risks"] for _row, values in members if values["risks"]), ""),
        roles=tuple(NewRole(name=name) for name in names),
        shifts=tuple(values["shift"] for _row, values in members),
    )
    try:
        check_activity(activity)
    except Invalid as refusal:
        return Fault(members[0][0].number, "title", str(refusal.parameters["reason"]))
    except DomainError as refusal:
        return Fault(members[0][0].number, "title", refusal.message)
    return activity


@dataclass(slots=True)
class _Reader:
    """One row being read; collects what is wrong with it."""

    row: Row
    wrong: list[Fault] = field(default_factory=list)

    def fault(self, name: str, message: str) -> None:
        parameters = {"found": self.row.texts[name][:30]} if "%(found)s" in message else {}
        self.wrong.append(Fault(self.row.number, name, message, parameters))

    def read(self, name: str, value: T | None, message: str) -> T | None:
        """The value that the cell's text means; a fault where it says something and means nothing."""
        if self.row.texts[name] and value is None:
            self.fault(name, message)
        return value


def _read(row: Row, known: Known) -> tuple[dict[str, Any], list[Fault]]:
    reader, texts = _Reader(row), row.texts
    for name in REQUIRED:
        if not texts[name]:
            reader.fault(name, EMPTY)
    day = reader.read("day", day_of_text(texts["day"]), NO_DAY)
    starts = reader.read("starts", time_of_text(texts["starts"]), NO_TIME)
    ends = reader.read("ends", time_of_text(texts["ends"]), NO_TIME)
    places, minimum, reserve = (
        reader.read(name, _number(texts[name]), NO_NUMBER) for name in ("places", "minimum", "reserve")
    )
    values: dict[str, Any] = {name: texts[name] for name in ("title", "place", "role", "description", "risks")}
    category = code_for_label(SERVICE_CATEGORIES, texts["category"])
    values["category"] = reader.read("category", category, NO_CATEGORY)
    values["organizer"] = reader.read("organizer", known.organizations.get(texts["organizer"]), NO_ORGANISATION)
    in_charge = known.people.get(texts["person_in_charge"])
    values["person_in_charge"] = reader.read("person_in_charge", in_charge, NO_PERSON)
    values["programme"] = reader.read("programme", known.programmes.get(texts["programme"]), NO_PROGRAMME)
    if not reader.wrong and day and starts is not None and ends is not None:
        values["shift"] = NewShift(
            starts_at=clock.at_local(day, starts),
            ends_at=clock.at_local(day, ends),
            places=places or 0,
            minimum=min(1, places or 0) if minimum is None else minimum,
            reserve=reserve or 0,
            role=texts["role"],
        )
    return values, reader.wrong


def day_of_text(text: str) -> date | None:
    match = DAY_PARTS.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def time_of_text(text: str) -> time | None:
    """`08:30`, `8时30分`, `8时`, or a day's fraction as spreadsheets store a time."""
    match = TIME.fullmatch(text)
    if match is not None:
        return time(int(match[1]), int(match[2] or 0))
    if re.fullmatch(r"0?\.\d{1,20}", text):
        minutes = round(float(text) * 24 * 60)
        return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else None
    return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
