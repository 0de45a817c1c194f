"""Reading a file of 志愿汇: which kind it is, where its header stands, what each row says.

A long file never stands in memory as a whole: its rows are read by portions and kept packed.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Final

from xinshi.documents.sheets import (
    HEADER_ROWS_SEARCHED,
    Cell,
    FileEmpty,
    HeaderNotFound,
    Sheet,
    SheetPart,
    sheet_parts,
)
from xinshi.exchange.domain import FileKind, FileRow
from xinshi.exchange.zhiyuanhui.columns import WANTED_BY_KIND
from xinshi.exchange.zhiyuanhui.rows import RowReader, has_titles
from xinshi.exchange.zhiyuanhui.tables import FilledDown, Said, Table, find_table, fingerprint, row_mark
from xinshi.kernel.collecting import collected_afterwards
from xinshi.kernel.errors import DomainError, gettext_noop

IMPORT_ROWS_MAX: Final = 200_000
"""A dry run remembers the times of all rows, 28 bytes each; an import remembers none of them."""
SHEET_ROWS_MAX: Final = IMPORT_ROWS_MAX + 1_000
"""Titles, blank rows and notes included."""
PORTION_ROWS: Final = 2_000
SKIPPED_SHOWN_MAX: Final = 20
PACKING: Final = 1
"""The quickest level: names and titles that repeat shrink to a tenth all the same."""


class MixedKinds(DomainError):
    code = "mixed_kinds"
    message = gettext_noop("The tables of this file are of different kinds of hours. Save each as a file of its own.")
    status = 422


class ServicesAndSums(DomainError):
    code = "services_and_sums"
    message = gettext_noop(
        "The sheet “%(services)s” has single services, the sheet “%(sums)s” sums of each person: the same hours again. Keep "
        "the sheet that counts, delete the other one, and import the file again."
    )
    status = 422


class TooManyRows(DomainError):
    code = "too_many_rows"
    message = gettext_noop("The file has more than 200,000 rows. Split it into smaller files.")
    status = 422


@dataclass(slots=True)
class ReadFile:
    """What a file says; `titles` are those of the understood columns, by field.

    `skipped` counts rows below the titles that say nobody's hours, such as totals; `skipped_rows` are the first of them,
    by number. `said_by` are fingerprints of titles whose columns a person said, `understood` of those that needed nobody.
    """

    kind: FileKind
    titles: Mapping[str, str]
    row_count: int = 0
    skipped: int = 0
    skipped_rows: list[int] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    """Names of sheets that are hidden, or filled but without a table of hours: nothing of them was read."""
    hidden_rows: int = 0
    """Rows that a filter or somebody's hand has hidden in the sheets that were read: they were read, too."""
    said_by: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)

    def portions(self, *, first: int = 0) -> Iterator[list[FileRow]]:
        """The rows in the order of the file, PORTION_ROWS at a time, from the portion `first` on."""
        for packed in self.packed[first:]:
            # Nobody else could have put anything there: this process packed it itself, and it never leaves it.
            columns = pickle.loads(zlib.decompress(packed))  # noqa: S301  # nosec B301
            yield list(starmap(FileRow, zip(*columns, strict=True)))

    @property
    def rows(self) -> list[FileRow]:
        return [row for portion in self.portions() for row in portion]


EachPortion = Callable[[FileKind, Sequence[FileRow]], None]


def read_file(
    data: bytes, *, file_name: str, said: Said | None = None, each_portion: EachPortion | None = None
) -> ReadFile:
    """Every row of every table in the file; HeaderNotFound, MixedKinds, TooManyRows, and the refusals of `sheet_parts`.

    `said`: what people said about columns whose titles nobody understands. `each_portion` is shown the rows of each portion
    before they are packed.
    """
    reading = _Reading(said or {}, each_portion)
    with collected_afterwards():
        for part in sheet_parts(data, file_name=file_name, rows_max=SHEET_ROWS_MAX):
            reading.take(part)
        return reading.finished()


class _Reading:
    """Takes the parts of a file as they come and packs the rows of its tables."""

    def __init__(self, said: Said, each_portion: EachPortion | None) -> None:
        self._said = said
        self._each_portion = each_portion
        self._found: ReadFile | None = None
        self._number = -1
        self._head: list[SheetPart] = []
        self._rows: _TableRows | None = None
        self._is_searched = False
        self._sheet_name = ""
        self._passed_over: list[str] = []
        self._portion: list[FileRow] = []
        self._is_filled = False

    def take(self, part: SheetPart) -> None:
        if part.number != self._number:
            self._end_sheet()
            self._number = part.number
        if part.is_hidden:
            self._passed_over.append(part.name)
            return
        self._is_filled = self._is_filled or any(any(row) for row in part.rows)
        if self._rows is not None:
            self._read(part)
            return
        if self._is_searched:
            return
        self._head.append(part)
        if part.first_row + len(part.rows) >= HEADER_ROWS_SEARCHED:
            self._search()

    def finished(self) -> ReadFile:
        self._end_sheet()
        if not self._is_filled:
            raise FileEmpty
        if self._found is None:
            raise HeaderNotFound(columns=WANTED_BY_KIND[FileKind.VERIFIED_SUMMARY])
        self._pack()
        self._found.passed_over = self._passed_over
        return self._found

    def _end_sheet(self) -> None:
        if self._rows is None:
            self._search()
        self._rows, self._head, self._is_searched = None, [], False

    def _search(self) -> None:
        """Look for the table in the first rows; a sheet without one is passed over."""
        head, self._head = self._head, []
        if not head or self._is_searched:
            return
        self._is_searched = True
        sheet = Sheet(head[0].name, [row for part in head for row in part.rows], head[0].merged)
        table = find_table(sheet, self._said)
        if table is None:
            if any(any(row) for row in sheet.rows):
                self._passed_over.append(sheet.name)
            return
        if self._found is None:
            self._found = ReadFile(table.kind, table.titles)
            self._sheet_name = table.sheet_name
        elif self._found.kind is not table.kind:
            raise _other_kinds(self._found.kind, self._sheet_name, table)
        if table.said_by:
            self._found.said_by.append(table.said_by)
        else:
            self._found.understood.append(fingerprint(table.header.titles))
        self._rows = _TableRows(table, head[0], self._said)
        for part in head:
            self._read(part)

    def _read(self, part: SheetPart) -> None:
        assert self._found is not None
        assert self._rows is not None
        skipped = self._rows.read(part, self._portion)
        self._found.hidden_rows += part.hidden_rows
        self._found.skipped += len(skipped)
        self._found.skipped_rows += skipped[: SKIPPED_SHOWN_MAX - len(self._found.skipped_rows)]
        while len(self._portion) >= PORTION_ROWS:
            self._pack()

    def _pack(self) -> None:
        assert self._found is not None
        portion, self._portion = self._portion[:PORTION_ROWS], self._portion[PORTION_ROWS:]
        self._found.row_count += len(portion)
        if self._found.row_count > IMPORT_ROWS_MAX:
            raise TooManyRows
        if not portion:
            return
        if self._each_portion:
            self._each_portion(self._found.kind, portion)
        # By column: what stands in many rows is named once, and rows are put together quicker than they are unpacked.
        columns = list(zip(*portion, strict=True))
        self._found.packed.append(zlib.compress(pickle.dumps(columns, pickle.HIGHEST_PROTOCOL), PACKING))


def _other_kinds(kind: FileKind, sheet_name: str, other: Table) -> DomainError:
    """Why two tables cannot be one file."""
    names = {kind: sheet_name, other.kind: other.sheet_name}
    if set(names) == {FileKind.VERIFIED_DETAIL, FileKind.VERIFIED_SUMMARY}:
        return ServicesAndSums(services=names[FileKind.VERIFIED_DETAIL], sums=names[FileKind.VERIFIED_SUMMARY])
    return MixedKinds()


class _TableRows:
    """The rows of one sheet's table, part by part; below it another one with its own titles may stand."""

    def __init__(self, table: Table, head: SheetPart, said: Said) -> None:
        self._table = table
        self._said = said
        self._merged = head.merged
        self._is_delimited = head.is_delimited
        self._reader = RowReader(table, is_delimited=head.is_delimited)
        self._first = table.header.row_index + 1
        self._filled_down = FilledDown(head.merged, table.header.columns)

    def read(self, part: SheetPart, into: list[FileRow]) -> list[int]:
        """Add the part's rows; returns the numbers of those that were passed over although something stands in them."""
        skipped = []
        is_filled_down = self._filled_down.is_needed
        for place, row in enumerate(part.rows, start=part.first_row):
            if place < self._first:
                continue
            if is_filled_down:
                self._filled_down.fill(place, row)
            found = self._reader.read(place + 1, row)
            if found is not None:
                into.append(found)
            elif any(row):
                skipped.append(place + 1)
                self._begin_anew(row)
                is_filled_down = self._filled_down.is_needed
        return skipped

    def _begin_anew(self, row: Sequence[Cell]) -> None:
        """Read on by the titles that this row has, where they differ from those above; MixedKinds, ServicesAndSums."""
        width = max(self._table.header.columns.values()) + 1
        if row_mark(row) in self._table.above or not has_titles([*row, *[""] * (width - len(row))], self._table):
            return
        table = find_table(Sheet(self._table.sheet_name, [[*row]]), self._said)
        if table is None:
            return
        if table.kind is not self._table.kind:
            raise _other_kinds(self._table.kind, self._table.sheet_name, table)
        self._table, self._reader = table, RowReader(table, is_delimited=self._is_delimited)
        self._filled_down = FilledDown(self._merged, table.header.columns)
