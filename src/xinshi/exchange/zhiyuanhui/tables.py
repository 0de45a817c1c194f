"""Where the table of a sheet stands and which column is what: understood by the titles, or as a person said it once."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from xinshi.documents.sheets import (
    HEADER_ROWS_SEARCHED,
    Cell,
    Header,
    HeaderNotFound,
    Sheet,
    find_header,
    plain_title,
)
from xinshi.exchange.domain import FileKind
from xinshi.exchange.zhiyuanhui.cells import cell_text
from xinshi.exchange.zhiyuanhui.columns import (
    HONORARY_WORDS,
    MINUTES_TITLE,
    OTHER_UNIT,
    RANKED,
    SYNONYMS,
    VERIFIED_WORDS,
)
from xinshi.kernel.errors import DomainError, gettext_noop

HOURS_FIELDS: Final = ("verified", "honorary", "hours")
FILLED_DOWN: Final = ("name", "number", "title", "reason", "day", "span", "start", "end")
"""Where people merge cells over several rows and mean each of them."""
RANK: Final = {plain_title(name): place for names in SYNONYMS.values() for place, name in enumerate(names)}
TITLED_CELLS_MIN: Final = 2
"""No row with fewer filled cells is a row of titles."""


class ColumnNamedTwice(HeaderNotFound):
    code = "column_named_twice"
    message = gettext_noop(
        "Two columns are named “%(title)s”. Say which of them counts, or delete the other one and import the file again."
    )


class TablesSideBySide(DomainError):
    code = "tables_side_by_side"
    message = gettext_noop(
        "The columns “%(who)s” and “%(hours)s” stand twice: two tables side by side. Put the right one below the left one, "
        "and import the file again."
    )
    status = 422


class OtherUnit(DomainError):
    code = "other_unit"
    message = gettext_noop(
        "The column “%(title)s” has neither hours nor minutes. Convert its figures into hours, and name it without the unit."
    )
    status = 422


@dataclass(frozen=True, slots=True)
class SaidColumns:
    """What a person said about the columns under a row of titles: field → place from 0; how hours are written."""

    columns: Mapping[str, int]
    in_minutes: bool = False


Said = Mapping[str, SaidColumns]
"""By the fingerprint of the row of titles."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet's table: which of its columns has the hours that count here, and how they are written.

    `said_by` is the fingerprint of the titles where a person said what is what; empty where the titles were understood.
    """

    sheet_name: str
    header: Header
    kind: FileKind
    hours: str
    in_minutes: bool
    said_by: str = ""
    above: frozenset[tuple[Cell, ...]] = frozenset()
    """The rows from the first one to the titles, as `row_mark` knows them: a printed page begins with them again."""

    @property
    def titles(self) -> dict[str, str]:
        return {name: self.header.titles[column] for name, column in self.header.columns.items()}


def fingerprint(row: Sequence[Cell]) -> str:
    """What a row of titles is known by: the titles in their order, without what varies; empty for too few."""
    titles = [plain_title(str(cell)) for cell in row]
    while titles and not titles[-1]:
        titles.pop()
    if sum(map(bool, titles)) < TITLED_CELLS_MIN:
        return ""
    return hashlib.sha256("\x1f".join(titles).encode()).hexdigest()[:32]


def row_mark(row: Sequence[Cell]) -> tuple[Cell, ...]:
    """What a row above a table is known again by: its filled cells."""
    return tuple(filter(None, row))


def find_table(sheet: Sheet, said: Said) -> Table | None:
    """The table of a sheet of which at least the first rows are there; None where nobody's hours stand in it.

    What a person said about exactly these titles goes before what the titles seem to say. ColumnNamedTwice,
    TablesSideBySide, OtherUnit.
    """
    table = _found_table(sheet, said)
    if table is None:
        return None
    return replace(table, above=frozenset(map(row_mark, sheet.rows[: table.header.row_index + 1])) - {()})


def _found_table(sheet: Sheet, said: Said) -> Table | None:
    for row_index, row in enumerate(sheet.rows[:HEADER_ROWS_SEARCHED] if said else ()):
        mark = fingerprint(row)
        if mark in said:
            titles = [str(cell) for cell in row]
            return said_table(sheet.name, Header(row_index, said[mark].columns, titles), said[mark], mark)
    header = _header(sheet)
    return None if header is None else _understood(sheet, _ranked(header))


def _header(sheet: Sheet) -> Header | None:
    """The first row of titles, or two of them: `时数` over `信用时数` and `荣誉时数` says nothing of which is which."""
    found = _first_header(sheet)
    stacked = _stacked(sheet)
    joined = _first_header(stacked) if stacked else None
    if joined is None or found is None:
        return joined or found
    is_fuller = joined.row_index <= found.row_index + 1 and len(joined.columns) > len(found.columns)
    return joined if is_fuller else found


def _first_header(sheet: Sheet) -> Header | None:
    """The first row that names somebody and hours: what stands below it is read, whatever other titles follow there."""
    pairs = itertools.product(("number", "name"), HOURS_FIELDS)
    found = [find_header(sheet, SYNONYMS, required=pair, is_first=True) for pair in pairs]
    return min(filter(None, found), key=lambda header: header.row_index, default=None)


def _ranked(header: Header) -> Header:
    """The same titles; where several columns bear names of one field, that with the likeliest name counts."""
    columns = dict(header.columns)
    fields = {plain_title(name): field for field in RANKED & columns.keys() for name in SYNONYMS[field]}
    for place, title in enumerate(map(plain_title, header.titles)):
        field = fields.get(title)
        if field and RANK[title] < RANK[plain_title(header.titles[columns[field]])]:
            columns[field] = place
    if {"start", "end"} & columns.keys():
        columns.pop("span", None)  # The activity's time says nothing of when somebody came and went.
    return replace(header, columns=columns)


def _require_named_once(header: Header, hours: str) -> None:
    """Of two columns of hours with the same name one may be the year's, the other one the month's."""
    titles = [plain_title(title) for title in header.titles]
    title = header.titles[header.columns[hours]]
    if titles.count(plain_title(title)) == 1:
        return
    for who in ("number", "name"):
        if who in header.columns and titles.count(titles[header.columns[who]]) > 1:
            raise TablesSideBySide(who=header.titles[header.columns[who]], hours=title)
    raise ColumnNamedTwice(title=title)


def _wide_areas(sheet: Sheet) -> list[tuple[int, int, int, int]]:
    """Titles over several columns: merged ones, or in a file that knows no merged cells those with blanks beside them."""
    if sheet.merged:
        return [area for area in sheet.merged if area[0] == area[2] < HEADER_ROWS_SEARCHED - 1 and area[3] > area[1]]
    found = []
    for place, (upper, lower) in enumerate(itertools.pairwise(sheet.rows[:HEADER_ROWS_SEARCHED])):
        ends = [column for column, cell in enumerate(upper) if cell] + [max(len(upper), len(lower))]
        for left, after in itertools.pairwise(ends):
            if after > left + 1 and all(_at(lower, column) for column in range(left, after)):
                found.append((place, left, place, after - 1))
    return found


def _stacked(sheet: Sheet) -> Sheet | None:
    """The first rows, with what stands below a title that is merged over several columns in its place, but once only."""
    wide = _wide_areas(sheet)
    if not wide:
        return None
    rows = [list(row) for row in sheet.rows[:HEADER_ROWS_SEARCHED]]
    for place in {top for top, *_ in wide if top + 1 < len(rows)}:
        below = {column for top, left, _, right in wide if top == place for column in range(left, right + 1)}
        upper, lower = sheet.rows[place], sheet.rows[place + 1]
        rows[place + 1] = [
            _at(lower, column) if column in below else _at(upper, column) or _at(lower, column)
            for column in range(max(len(upper), len(lower)))
        ]
    for place in {top for top, *_ in wide if top + 1 < len(rows)}:
        rows[place] = []
    return Sheet(sheet.name, rows)


def _at(row: Sequence[Cell], column: int) -> Cell:
    return row[column] if column < len(row) else ""


def said_table(name: str, header: Header, said: SaidColumns, mark: str) -> Table:
    kind, hours = _meaning(header)
    return Table(name, header, kind, hours, said.in_minutes, said_by=mark)


def _understood(sheet: Sheet, header: Header) -> Table:
    kind, hours = _meaning(header, _kind_of_first(sheet, header))
    _require_named_once(header, hours)
    title = header.titles[header.columns[hours]]
    if OTHER_UNIT.search(title):
        raise OtherUnit(title=title)
    return Table(sheet.name, header, kind, hours, in_minutes=MINUTES_TITLE.search(title) is not None)


def kind_said(text: str) -> str:
    """Which kind of hours a cell of the column 时长类型 names: honorary, verified, or nothing for any other word."""
    if any(word in text for word in HONORARY_WORDS):
        return "honorary"
    return "verified" if any(word in text for word in VERIFIED_WORDS) else ""


def _kind_of_first(sheet: Sheet, header: Header) -> str:
    """What the first rows say in the column of kinds, where there is one: a file brings hours of one kind."""
    column = header.columns.get("hours_kind")
    if column is None:
        return ""
    below = sheet.rows[header.row_index + 1 :]
    return next(filter(None, (kind_said(cell_text(_at(row, column))) for row in below)), "")


def _meaning(header: Header, said_kind: str = "") -> tuple[FileKind, str]:
    """Which kind of file these columns make, and the field of the hours that count."""
    columns = header.columns
    is_honorary = "verified" not in columns and ("honorary" in columns or "reason" in columns)
    is_honorary = said_kind == "honorary" if said_kind and "hours" in columns else is_honorary
    if is_honorary:
        kind = FileKind.HONORARY
    else:
        is_dated = any(name in columns for name in ("start", "end", "day", "span"))
        kind = FileKind.VERIFIED_DETAIL if is_dated else FileKind.VERIFIED_SUMMARY
    wanted = ("honorary", "hours", "verified") if is_honorary else ("verified", "hours", "honorary")
    return kind, next(name for name in wanted if name in columns)


class FilledDown:
    """Repeats what was merged over several rows in each of them, as the rows pass by: for words, never for figures."""

    def __init__(self, merged: Sequence[tuple[int, int, int, int]], columns: Mapping[str, int]) -> None:
        wanted = {columns[name] for name in FILLED_DOWN if name in columns}
        self._until = {(top, left): bottom for top, left, bottom, _ in merged if bottom > top}
        self._columns = sorted({left for _, left in self._until} & wanted)
        self.is_needed = bool(self._columns)
        self._open: dict[int, tuple[int, Cell]] = {}

    def fill(self, place: int, row: list[Cell]) -> None:
        """`place` is the row's, counted from 0; rows come in their order."""
        for column in self._columns:
            if column >= len(row):
                continue
            if (place, column) in self._until:
                self._open[column] = self._until[place, column], row[column]
            elif column in self._open and place <= self._open[column][0] and not row[column]:
                row[column] = self._open[column][1]
