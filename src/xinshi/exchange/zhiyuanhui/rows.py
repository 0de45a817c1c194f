"""What each row of a table says: the fast way for the plain rows that nearly all are, the careful way for the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Final

from xinshi.documents.sheets import ROUNDED_NUMBER, Cell, plain_title
from xinshi.exchange.domain import (
    FIRST_DAY,
    NUMBER_DIGITS,
    REASON_LENGTH_MAX,
    UNDATED_MINUTES_MAX,
    VOLUNTEER_NUMBER,
    Fault,
    FileKind,
    FileRow,
    local_moment,
)
from xinshi.exchange.zhiyuanhui import cells as reading
from xinshi.exchange.zhiyuanhui.cells import CellNotReadable, Moment, cell_text, is_blank
from xinshi.exchange.zhiyuanhui.columns import (
    ALL_TITLES,
    FOOTER_WORDS,
    NOT_IN_FORCE,
    SEAL_WORDS,
    SUM_TITLES,
    TOTAL_WORDS,
)
from xinshi.exchange.zhiyuanhui.tables import Table, kind_said, row_mark
from xinshi.kernel.clock import local_day

TOTAL: Final = re.compile(
    rf"(本页|全部|以上)?({'|'.join(TOTAL_WORDS)})(时数|时长|人数|小时|hours)?(\d[\d.,]*\S{{0,4}})?"
)
"""A line's first text, such as 合计 or `总计:60人` without its colon."""
SUM_ENDS: Final = (*(word for word in TOTAL_WORDS if not word.isascii()), "平均", "平均值")
COUNT: Final = re.compile(r"共计?\d+(人|名|位|条|行|人次)")
"""Where a name or a number should stand: `尹磊 汇总`, as a spreadsheet program writes it below each person's rows."""
AROUND_NUMBER: Final = re.compile(r"[\s\-–—'‘’`´\"“”]")
"""What people and programs put into a long number, or before it so that it stays text."""
PAGE_FOOTER: Final = re.compile(r"第\s*\d+\s*[页/]")
FOOTER_CELLS_MAX: Final = 4
TITLE_SIGNS_MAX: Final = 60
NUMBER_DIGITS_MIN: Final = 6
DAY_MINUTES: Final = 24 * 60
REMEMBERED_MAX: Final = 20_000
PLAIN_FIELDS: Final = (
    "name",
    "number",
    "day",
    "title",
    "reason",
    "start",
    "end",
    "span",
    "state",
    "remark",
    "hours_kind",
)


class RowReader:
    """Reads the rows of one table. What a cell was found to say is remembered: most cells say what another one said."""

    def __init__(self, table: Table, *, is_delimited: bool = False) -> None:
        self._table = table
        self._is_delimited = is_delimited
        self._titled = max(place for place, title in enumerate(table.header.titles) if title) + 1
        self._titles = table.titles
        self._columns = {**self._titles, "hours": self._titles[table.hours]}
        if together := self._titles.get("span") or self._titles.get("day"):
            self._columns = {**self._columns, **dict.fromkeys({"start", "end"} - self._titles.keys(), together)}
        columns = table.header.columns
        self._known = sorted(set(columns.values()) - {columns.get("index", -1)})
        self._fields = list(columns)
        self._width = max(columns.values()) + 1
        self._taken = itemgetter(*columns.values())  # Two at least: somebody, and hours.
        self._places = {**dict.fromkeys(PLAIN_FIELDS, -1), **{name: place for place, name in enumerate(columns)}}
        is_reasoned = table.kind is FileKind.HONORARY and "reason" in columns
        self._title = self._places["reason" if is_reasoned else "title"]
        self._words = [self._places[name] for name in ("title", "reason", "day") if self._places[name] >= 0]
        self._has_conditions = any(self._places[name] >= 0 for name in ("state", "remark", "hours_kind"))
        self._moments: dict[str, datetime] = {}
        self._days: dict[date, date] = {}
        self._minutes: dict[str, int] = {}

    def read(self, row_number: int, row: Sequence[Cell]) -> FileRow | None:
        """The row as it stands in the sheet; None for one that says nobody's hours: blank, titles again, totals, notes."""
        if self._is_delimited and len(row) > self._titled and any(row[self._titled :]):
            return self._row_of_moved_cells(row_number, row)
        if len(row) < self._width:
            row = [*row, *[""] * (self._width - len(row))]
        found: tuple[Cell, ...] = self._taken(row)
        place = self._places["number"]
        number = found[place] if place >= 0 else ""
        if isinstance(number, str) and len(number) == NUMBER_DIGITS and number.isdigit() and number.isascii():
            plain = self._plain_row(row_number, number, found)
            if plain is not None:
                return plain
        elif self._is_nobodys(row):
            return None
        if any(cell_text(found[place]) in SUM_TITLES for place in self._words):
            return None
        return _read_row(self._table, row_number, dict(zip(self._fields, found, strict=True)), self._columns)

    def _row_of_moved_cells(self, row_number: int, row: Sequence[Cell]) -> FileRow | None:
        """A row of more cells than titles: its cells may stand under titles that are not theirs, so none is believed."""
        if self._is_nobodys(row):
            return None
        found = dict(zip(self._fields, self._taken(row), strict=True))
        read = _read_row(self._table, row_number, found, self._columns)
        return read.but(fault=Fault("cells_moved", self._columns["hours"]), raw=tuple(map(cell_text, row)))

    def _is_nobodys(self, row: Sequence[Cell]) -> bool:
        filled = any(row[column] != "" for column in self._known)
        return not filled or _is_above_again(row, self._table) or _is_footer(row, self._table)

    def _plain_row(self, row_number: int, number: str, found: tuple[Cell, ...]) -> FileRow | None:
        """A row in which nothing is odd; None where the careful way must look."""
        cells, places = (*found, ""), self._places  # A field without a column stands at the place -1: it is empty.
        name, figure, title = cells[places["name"]], cells[places[self._table.hours]], cells[self._title]
        if not name or not isinstance(name, str) or not isinstance(figure, str) or cells[places["day"]] != "":
            return None
        if title in SUM_TITLES or cells[places["span"]] != "" or (self._has_conditions and not self._counts(cells)):
            return None
        minutes = self._minutes.get(figure) or self._minutes_in(figure)
        if minutes is None or not 0 < minutes <= DAY_MINUTES or not isinstance(title, str):
            return None
        if places["reason"] >= 0 and not 0 < len(title) <= REASON_LENGTH_MAX:
            return None
        start = end = None
        if places["start"] >= 0 or places["end"] >= 0:
            start, end = self._moment_in(cells[places["start"]]), self._moment_in(cells[places["end"]])
            if start is None or end is None:
                return None
        texts = found if {str} == set(map(type, found)) else tuple(map(cell_text, found))
        return FileRow(
            self._table.sheet_name,
            row_number,
            name,
            number,
            minutes,
            title,
            None if start is None else self._same_day(start.date()),
            start,
            end,
            (),
            None,
            self._columns,
            texts,  # type: ignore[arg-type]  # all of them are texts by now
        )

    def _counts(self, cells: Sequence[Cell]) -> bool:
        """True where state and kind of the row's hours, as far as columns say them, are what the file brings."""
        places = self._places
        if cells[places["state"]] in NOT_IN_FORCE or cells[places["remark"]] in NOT_IN_FORCE:
            return False
        kind = cells[places["hours_kind"]]
        return not kind or not _is_other_kind(cell_text(kind), self._table)

    def _minutes_in(self, figure: str) -> int | None:
        known = self._minutes.get(figure)
        if known is None:
            try:
                known = reading.minutes_in(figure, in_minutes=self._table.in_minutes)
            except CellNotReadable:
                return None
            if len(self._minutes) < REMEMBERED_MAX:
                self._minutes[figure] = known
        return known

    def _same_day(self, day: date) -> date:
        """The same object for the same day, as for moments and texts: it is packed once for all of its rows."""
        if len(self._days) >= REMEMBERED_MAX:
            self._days.clear()
        return self._days.setdefault(day, day)

    def _moment_in(self, cell: Cell) -> datetime | None:
        """A moment on the hospital's clock after the first day; None for anything else."""
        known = self._moments.get(cell) if isinstance(cell, str) else None
        if known is not None:
            return known
        try:
            moment = reading.moment_in(cell)
        except CellNotReadable:
            return None
        if not isinstance(moment, datetime) or moment.tzinfo is not None:
            return None
        found = local_moment(moment)
        if found.date() < FIRST_DAY:
            return None
        if isinstance(cell, str):
            if len(self._moments) >= REMEMBERED_MAX:
                self._moments.clear()
            self._moments[cell] = found
        return found


def _is_above_again(row: Sequence[Cell], table: Table) -> bool:
    """A row of the head of a printed page again, or titles where somebody and their hours should stand."""
    return row_mark(row) in table.above or has_titles(row, table)


def has_titles(row: Sequence[Cell], table: Table) -> bool:
    """True where the name of a column stands in the place of somebody's number, name or hours."""
    columns = table.header.columns
    said = (str(row[columns[name]]) for name in ("number", "name", table.hours) if name in columns)
    return any(text and len(text) <= TITLE_SIGNS_MAX and plain_title(text) in ALL_TITLES for text in said)


def _is_other_kind(text: str, table: Table) -> bool:
    kind = kind_said(text)
    return bool(kind) and kind != table.kind.hours_kind.value


def _is_footer(row: Sequence[Cell], table: Table) -> bool:
    """A line of totals, signatures or notes below the table: nobody's volunteer number stands in it."""
    filled = [str(cell) for cell in row if cell != ""]
    start = plain_title(filled[0])
    columns = table.header.columns
    who = (str(row[columns[name]]) for name in ("number", "name") if name in columns)
    if any(text.endswith(SUM_ENDS) or COUNT.match(text.replace(" ", "")) for text in who):
        return True
    if _has_number(row, table):
        return False
    if TOTAL.fullmatch(start) or PAGE_FOOTER.match(filled[0]):
        return True
    hours = columns[table.hours]
    if (hours < len(row) and row[hours] != "") or len(filled) > FOOTER_CELLS_MAX:
        return False
    is_dated = len(filled) == 1 and reading.WHOLE_DAY.fullmatch(filled[0]) is not None
    return is_dated or start.startswith(FOOTER_WORDS) or any(word in filled[0] for word in SEAL_WORDS)


def _has_number(row: Sequence[Cell], table: Table) -> bool:
    """True for a row with a volunteer number, right or wrong; a count below that column has fewer digits."""
    column = table.header.columns.get("number")
    text = str(row[column]) if column is not None and column < len(row) else ""
    return sum(sign.isdigit() for sign in text) >= NUMBER_DIGITS_MIN or text == ROUNDED_NUMBER


def _read_row(table: Table, row_number: int, found: Mapping[str, Cell], columns: Mapping[str, str]) -> FileRow:
    texts = {name: cell_text(cell) for name, cell in found.items()}
    number = AROUND_NUMBER.sub("", texts.get("number", ""))
    row = FileRow(
        sheet=table.sheet_name,
        row_number=row_number,
        name=texts.get("name", ""),
        number=number,
        minutes=None,
        title=texts.get("reason" if table.kind is FileKind.HONORARY and "reason" in texts else "title", ""),
        columns=columns,
        texts=tuple(texts.values()),
    )
    faults = [fault for fault in (_number_fault(row, table), _name_fault(row, table)) if fault]
    row = _with_times(row, found, faults)
    row = _with_minutes(row, table, texts, faults)
    if table.kind is FileKind.HONORARY:
        _reason_faults(row, table, texts, faults)
    if row.minutes:
        faults += _condition_faults(row, table, texts)
    return row.but(fault=faults[0]) if faults else row


def _condition_faults(row: FileRow, table: Table, texts: Mapping[str, str]) -> list[Fault]:
    """Hours that do not count where they come from, of another kind than the file's, or without a place in time."""
    words = [name for name in ("state", "remark") if texts.get(name, "") in NOT_IN_FORCE]
    faults = [Fault("not_in_force", row.columns[name], {"found": texts[name]}) for name in words]
    if _is_other_kind(kind := texts.get("hours_kind", ""), table):
        faults.append(Fault("other_kind", row.columns["hours_kind"], {"found": kind[:40]}))
    dated = [name for name in ("start", "end", "day") if name in texts]
    if table.kind is FileKind.VERIFIED_DETAIL and dated and row.day is None and not row.raw:
        faults.append(Fault("time_missing", row.columns[dated[0]]))
    return faults


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
    moments, unread = _moments_in(found)
    raw = [row.cells[name] for name in unread]
    faults += [Fault("time_not_readable", row.columns[name], {"found": row.cells[name][:40]}) for name in unread]
    if not any(moments.values()):
        return row.but(raw=tuple(raw))
    day = _day_of(moments["day"]) or _day_of(moments["start"]) or _day_of(moments["end"])
    is_timed = any(isinstance(moments[name], datetime) or _is_clock(moments[name]) for name in ("start", "end"))
    try:
        start = reading.on_day(moments["start"], day, with_midnight=is_timed)
        end = reading.on_day(moments["end"], day, with_midnight=is_timed)
    except CellNotReadable:
        name = "start" if _is_clock(moments["start"]) else "end"
        faults.append(Fault("time_not_readable", row.columns[name], {"found": row.cells[name][:40]}))
        return row.but(raw=(*raw, row.cells[name]))
    row = row.but(day=local_day(start) if start else day, starts_at=start, ends_at=end, raw=tuple(raw))
    if row.day is not None and row.day < FIRST_DAY:
        name = next(name for name in ("start", "day", "end") if moments[name] is not None)
        faults.append(Fault("time_implausible", row.columns[name], {"found": row.cells[name][:40]}))
    return row


def _moments_in(found: Mapping[str, Cell]) -> tuple[dict[str, Moment | None], list[str]]:
    """Day, start and end of a row, and the fields that say something else. One cell may say start and end together."""
    moments: dict[str, Moment | None] = dict.fromkeys(("day", "start", "end"))
    unread = []
    for name in ("day", "start", "end", "span"):
        cell = found.get(name, "")
        try:
            moment = reading.moment_in(cell)
        except CellNotReadable:
            is_alone = "end" not in found and (name == "start" or "start" not in found)
            if is_alone and _take_span(cell_text(cell), moments):
                continue
            if name != "span" or reading.tries_to_say_times(cell_text(cell)):
                unread.append(name)
            continue
        if name != "span" and moment is not None:
            moments[name] = moment
        elif moments["day"] is None and isinstance(moment, date):
            moments["day"] = moment
    return moments, unread


def _take_span(text: str, moments: dict[str, Moment | None]) -> bool:
    """Take start and end from a cell such as `2026-10-08 8:30-11:30`; False where it says none."""
    try:
        moments["start"], moments["end"] = reading.span_in(text)
    except CellNotReadable:
        return False
    return True


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
        if table.kind is FileKind.VERIFIED_DETAIL and "end" in texts and reading.says_no_moment(texts["end"]):
            return row.but(minutes=0)
        faults.append(Fault("hours_missing", title))
        return row
    shown = {"found": text[:40]}
    try:
        minutes = reading.minutes_in(text, in_minutes=table.in_minutes)
    except CellNotReadable:
        code = "hours_negative" if reading.is_negative(text) else "hours_not_readable"
        faults.append(Fault(code, title, {} if code == "hours_negative" else shown))
        return row.but(raw=(*row.raw, text))
    if minutes == 0 and table.kind is FileKind.HONORARY:
        faults.append(Fault("hours_zero", title))
    elif minutes > UNDATED_MINUTES_MAX:
        faults.append(Fault("hours_too_many", title, shown))
        return row.but(raw=(*row.raw, text))
    elif minutes > DAY_MINUTES and row.day is not None and not row.is_timed:
        faults.append(Fault("hours_exceed_day", title, shown))
    elif minutes > 0 and "end" in texts and row.ends_at is None and row.starts_at is not None and not row.raw:
        faults.append(Fault("end_missing", row.columns["end"]))
    return row.but(minutes=minutes)


def _reason_faults(row: FileRow, table: Table, texts: Mapping[str, str], faults: list[Fault]) -> None:
    if "reason" not in table.header.columns:
        return
    if not texts["reason"].strip():
        faults.append(Fault("reason_missing", row.columns["reason"]))
    elif len(texts["reason"]) > REASON_LENGTH_MAX:
        faults.append(Fault("reason_too_long", row.columns["reason"]))
