"""Reading a file of 志愿汇: which kind it is, where its header stands, what each row says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from xinshi.documents.sheets import (
    ROUNDED_NUMBER,
    Cell,
    Header,
    HeaderNotFound,
    Sheet,
    find_header,
    plain_title,
    read_sheets,
)
from xinshi.exchange.domain import (
    FIRST_DAY,
    REASON_LENGTH_MAX,
    UNDATED_MINUTES_MAX,
    VOLUNTEER_NUMBER,
    Fault,
    FileKind,
    FileRow,
)
from xinshi.exchange.zhiyuanhui import cells as reading
from xinshi.exchange.zhiyuanhui.cells import CellNotReadable, Moment, cell_text, is_blank
from xinshi.exchange.zhiyuanhui.columns import (
    FOOTER_WORDS,
    MINUTE_WORDS,
    SYNONYMS,
    TOTAL_WORDS,
    WANTED_BY_KIND,
)
from xinshi.kernel.clock import local_day
from xinshi.kernel.errors import DomainError, gettext_noop

HOURS_FIELDS: Final = ("verified", "honorary", "hours")
FILLED_DOWN: Final = ("name", "number", "title", "reason", "day")
"""Where people merge cells over several rows and mean each of them."""
TOTAL: Final = re.compile(
    rf"(本页|全部|以上)?({'|'.join(TOTAL_WORDS)})(时数|时长|人数|小时|hours)?(\d[\d.,]*\S{{0,4}})?"
)
"""A line's first text, such as 合计 or `总计:60人` without its colon."""
PAGE_FOOTER: Final = re.compile(r"第\s*\d+\s*[页/]")
FOOTER_CELLS_MAX: Final = 4
NUMBER_DIGITS_MIN: Final = 6
DAY_MINUTES: Final = 24 * 60


class MixedKinds(DomainError):
    code = "mixed_kinds"
    message = gettext_noop("The sheets of this file are of different kinds. Save each as a file of its own.")
    status = 422


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says; `titles` are those of the understood columns, by field."""

    kind: FileKind
    rows: list[FileRow]
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet's table: which of its columns has the hours that count here, and how they are written."""

    sheet: Sheet
    header: Header
    kind: FileKind
    hours: str
    in_minutes: bool

    @property
    def titles(self) -> dict[str, str]:
        return {name: self.header.titles[column] for name, column in self.header.columns.items()}


def read_file(data: bytes, *, file_name: str) -> ReadFile:
    """Every row of every table in the file; HeaderNotFound or MixedKinds, and the refusals of `read_sheets`."""
    tables = [table for sheet in read_sheets(data, file_name=file_name) if (table := _table(sheet))]
    if not tables:
        raise HeaderNotFound(columns=WANTED_BY_KIND[FileKind.VERIFIED_SUMMARY])
    kind = tables[0].kind
    if any(table.kind is not kind for table in tables):
        raise MixedKinds
    rows = [row for table in tables for row in _rows(table)]
    return ReadFile(kind=kind, rows=rows, titles=tables[0].titles)


def _table(sheet: Sheet) -> Table | None:
    """The sheet's table, if it says whose hours and how many."""
    for who in ("number", "name"):
        for hours in HOURS_FIELDS:
            header = find_header(sheet, SYNONYMS, required=(who, hours))
            if header:
                return _table_under(sheet, header)
    return None


def _table_under(sheet: Sheet, header: Header) -> Table:
    columns = header.columns
    is_honorary = "verified" not in columns and ("honorary" in columns or "reason" in columns)
    if is_honorary:
        kind = FileKind.HONORARY
    else:
        is_dated = any(name in columns for name in ("start", "end", "day"))
        kind = FileKind.VERIFIED_DETAIL if is_dated else FileKind.VERIFIED_SUMMARY
    wanted = ("honorary", "hours", "verified") if is_honorary else ("verified", "hours", "honorary")
    hours = next(name for name in wanted if name in columns)
    title = header.titles[columns[hours]].lower()
    sheet.fill_merged([columns[name] for name in FILLED_DOWN if name in columns])
    return Table(sheet, header, kind, hours, in_minutes=any(word in title for word in MINUTE_WORDS))


def _rows(table: Table) -> Iterator[FileRow]:
    columns, titles = table.header.columns, table.titles
    known = sorted(set(columns.values()) - {columns.get("index", -1)})
    first = table.header.row_index + 1
    for number, row in enumerate(table.sheet.rows[first:], start=first + 1):
        filled = [cell for column in known if column < len(row) and (cell := row[column]) != ""]
        if not filled or _is_header_again(row, table.header) or _is_footer(row, table):
            continue
        found = {name: row[column] if column < len(row) else "" for name, column in columns.items()}
        yield _read_row(table, number, found, titles)


def _is_header_again(row: Sequence[Cell], header: Header) -> bool:
    return all(
        column < len(row) and plain_title(str(row[column])) == plain_title(header.titles[column])
        for column in header.columns.values()
    )


def _is_footer(row: Sequence[Cell], table: Table) -> bool:
    """A line of totals, signatures or notes below the table: nobody's volunteer number stands in it."""
    filled = [str(cell) for cell in row if cell != ""]
    start = plain_title(filled[0])
    if _has_number(row, table):
        return False
    if TOTAL.fullmatch(start) or PAGE_FOOTER.match(filled[0]):
        return True
    hours = table.header.columns[table.hours]
    has_hours = hours < len(row) and row[hours] != ""
    return not has_hours and len(filled) <= FOOTER_CELLS_MAX and filled[0].replace(" ", "").startswith(FOOTER_WORDS)


def _has_number(row: Sequence[Cell], table: Table) -> bool:
    """True for a row with a volunteer number, right or wrong; a count below that column has fewer digits."""
    column = table.header.columns.get("number")
    text = str(row[column]) if column is not None and column < len(row) else ""
    return sum(sign.isdigit() for sign in text) >= NUMBER_DIGITS_MIN or text == ROUNDED_NUMBER


def _read_row(table: Table, row_number: int, found: Mapping[str, Cell], titles: Mapping[str, str]) -> FileRow:
    texts = {name: cell_text(cell) for name, cell in found.items()}
    number = re.sub(r"[\s\-–—]", "", texts.get("number", ""))
    row = FileRow(
        sheet=table.sheet.name,
        row_number=row_number,
        name=texts.get("name", ""),
        number=number,
        minutes=None,
        title=texts.get("reason" if table.kind is FileKind.HONORARY and "reason" in texts else "title", ""),
        columns={**titles, "hours": titles[table.hours]},
        cells=texts,
    )
    faults = [fault for fault in (_number_fault(row, table), _name_fault(row, table)) if fault]
    row = _with_times(row, found, faults)
    row = _with_minutes(row, table, texts, faults)
    if table.kind is FileKind.HONORARY:
        _reason_faults(row, table, texts, faults)
    return replace(row, fault=faults[0]) if faults else row


def _number_fault(row: FileRow, table: Table) -> Fault | None:
    if "number" not in table.header.columns:
        return None
    title = row.columns["number"]
    if not row.number:
        return Fault("number_missing", title)
    if row.cells["number"] == ROUNDED_NUMBER:
        return Fault("number_rounded", title)
    if not VOLUNTEER_NUMBER.fullmatch(row.number) or not row.number.isascii():
        return Fault("number_malformed", title, {"found": row.cells["number"][:40]})
    return None


def _name_fault(row: FileRow, table: Table) -> Fault | None:
    if "name" in table.header.columns and not row.name:
        return Fault("name_missing", row.columns["name"])
    return None


def _with_times(row: FileRow, found: Mapping[str, Cell], faults: list[Fault]) -> FileRow:
    """The row with its day, start and end; what cannot be read is kept as it came, with a fault."""
    moments: dict[str, Moment | None] = {}
    raw: list[str] = []
    for name in ("day", "start", "end"):
        try:
            moments[name] = reading.moment_in(found.get(name, ""))
        except CellNotReadable:
            moments[name] = None
            raw.append(row.cells[name])
            faults.append(Fault("time_not_readable", row.columns[name], {"found": row.cells[name][:40]}))
    if not any(moments.values()):
        return replace(row, raw=tuple(raw))
    day = _day_of(moments["day"]) or _day_of(moments["start"]) or _day_of(moments["end"])
    is_timed = any(isinstance(moments[name], datetime) or _is_clock(moments[name]) for name in ("start", "end"))
    try:
        start = reading.on_day(moments["start"], day, with_midnight=is_timed)
        end = reading.on_day(moments["end"], day, with_midnight=is_timed)
    except CellNotReadable:
        name = "start" if _is_clock(moments["start"]) else "end"
        faults.append(Fault("time_not_readable", row.columns[name], {"found": row.cells[name][:40]}))
        return replace(row, raw=(*raw, row.cells[name]))
    row = replace(row, day=local_day(start) if start else day, starts_at=start, ends_at=end, raw=tuple(raw))
    if row.day is not None and row.day < FIRST_DAY:
        name = next(name for name in ("start", "day", "end") if moments[name] is not None)
        faults.append(Fault("time_implausible", row.columns[name], {"found": row.cells[name][:40]}))
    return row


def _is_clock(moment: Moment | None) -> bool:
    return moment is not None and not isinstance(moment, date)


def _day_of(moment: Moment | None) -> date | None:
    if isinstance(moment, datetime):
        return moment.date()
    return moment if isinstance(moment, date) else None


def _with_minutes(row: FileRow, table: Table, texts: Mapping[str, str], faults: list[Fault]) -> FileRow:
    """The row with its figure. A verified one without figure and without sign-out has none: that is no fault."""
    text = texts[table.hours]
    title = row.columns[table.hours]
    if is_blank(text):
        if table.kind is FileKind.VERIFIED_DETAIL and "end" in texts and is_blank(texts["end"]):
            return replace(row, minutes=0)
        faults.append(Fault("hours_missing", title))
        return row
    shown = {"found": text[:40]}
    try:
        minutes = reading.minutes_in(text, in_minutes=table.in_minutes)
    except CellNotReadable:
        code = "hours_negative" if reading.is_negative(text) else "hours_not_readable"
        faults.append(Fault(code, title, {} if code == "hours_negative" else shown))
        return replace(row, raw=(*row.raw, text))
    if minutes == 0 and table.kind is FileKind.HONORARY:
        faults.append(Fault("hours_zero", title))
    elif minutes > UNDATED_MINUTES_MAX:
        faults.append(Fault("hours_too_many", title, shown))
        return replace(row, raw=(*row.raw, text))
    elif minutes > DAY_MINUTES and row.day is not None and not row.is_timed:
        faults.append(Fault("hours_exceed_day", title, shown))
    elif minutes > 0 and "end" in texts and is_blank(texts["end"]) and row.starts_at is not None:
        faults.append(Fault("end_missing", row.columns["end"]))
    return replace(row, minutes=minutes)


def _reason_faults(row: FileRow, table: Table, texts: Mapping[str, str], faults: list[Fault]) -> None:
    if "reason" not in table.header.columns:
        return
    if not texts["reason"].strip():
        faults.append(Fault("reason_missing", row.columns["reason"]))
    elif len(texts["reason"]) > REASON_LENGTH_MAX:
        faults.append(Fault("reason_too_long", row.columns["reason"]))
