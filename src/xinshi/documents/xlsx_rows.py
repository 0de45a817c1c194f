"""The rows of the sheets of an xlsx, said by the hundred as they come.

Nearly every program writes rows and cells in the same plain way. Those are read by one pattern, some times quicker than by
the parser; from the first row on that is written otherwise, the parser reads the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Final

from xinshi.documents.cleaning import clean_text, exact_number
from xinshi.documents.number_formats import Meaning, dated
from xinshi.documents.shared_texts import SharedTexts
from xinshi.documents.xml_stream import (
    PIECE_BYTES,
    TEXT_SIGNS_MAX,
    Feed,
    Reader,
    XmlRefused,
    without_entities,
    without_escapes,
)

ROWS_AT_ONCE: Final = 500
SIGNS_AT_ONCE: Final = 1024 * 1024
CELLS_MAX: Final = 3_000_000
"""Of all sheets, with the empty ones before and between them: 200,000 rows of fifteen columns."""
SIGNS_MAX: Final = 64 * 1024 * 1024
"""That all cells say together: few texts named by many cells are a bomb of their own."""
KEPT_MAX: Final = 20_000
PLAIN_ROW_BYTES_MAX: Final = 256 * 1024
ROW_END: Final = b"</row>"
ROWS_BEGIN: Final = b"<sheetData>"
HEAD_BYTES_MAX: Final = 256 * 1024
"""Widths of columns stand there."""
UNICODE_HEAD: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?(?:<\?xml[^>]*encoding=["\']utf-8["\'][^>]*\?>|<\?xml version="1.0"\s*\?>|<\w)', re.IGNORECASE
)
PLAIN_ROW: Final = re.compile(r'\s*(?:<row r="\d{1,7}"[^<>]*/>\s*)*<row r="(\d{1,7})"(?:[^<>]*[^<>/])?>')
HIDDEN_ROW: Final = ' hidden="1"'
"""As nearly every program writes it; in another way it is found by the parser only."""
PLAIN_CELL: Final = re.compile(
    r'(.*?)(?:<c r="([A-Z]{1,7})\d+"(?: s="(\d+)")?(?: t="(\w+)")?(?:/>|>'
    r"(?:<f(?: [^<>]*)?(?:/>|>[^<]*</f>))?"
    r'(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>|<v/>)?</c>)|\Z)',
    re.DOTALL,
)
"""What stands before it and should not, column, style, type, value, text."""
Say = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Limits:
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of every sheet need: texts, what their styles mean, and from when days are counted."""

    texts: SharedTexts
    meanings: dict[str, Meaning]
    from_1904: bool


def column_of(letters: str) -> int:
    """A → 0, Z → 25, AA → 26."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


class TooWide(Exception):
    """Something stands further right than any table that is read goes."""


class _Columns(dict[str, int]):
    """Places from 0 by the letters in which they are written; a place that no row reaches beyond the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.beyond = limit + 1

    def __missing__(self, letters: str) -> int:
        if not (letters.isascii() and letters.isalpha() and letters.isupper() and len(letters) < 8):
            raise XmlRefused
        place = column_of(letters)
        if place >= self.limit:
            return self.beyond
        self[letters] = place
        return place


class _Kept(dict[str, str]):
    """What was worked out for a text of a cell, kept while it is little."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, text: str) -> str:
        if len(self) >= KEPT_MAX:
            self.clear()
        self[text] = found = self._work_out(text)
        return found


def _text(text: str) -> str:
    return clean_text(text[:TEXT_SIGNS_MAX])


class Cells:
    """What the cells of a workbook say."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._meanings = book.meanings
        self.texts = _Kept(_text)
        self._shared = _Kept(self._shared_text)
        self.by_kind = {"inlineStr": self.texts, "str": self.texts, "s": self._shared}
        """Types of cells whose value depends on nothing else."""
        self._numbers = _Kept(self._number_text)

    def value(self, kind: str, style: str, text: str) -> str | list[str]:
        """A cell of the type `kind` (ECMA-376 part 1, 18.18.11) with this value."""
        if kind in self.by_kind:
            return self.by_kind[kind][text]
        if kind in ("", "n"):
            meaning = self._meanings.get(style)
            return self._numbers[text] if meaning is None else self._dated(text, meaning)
        if kind == "b":
            return "False" if text.strip() in ("0", "false") else "True"
        return self.texts[text]

    def _shared_text(self, text: str) -> str:
        try:
            return _text(self._book.texts[int(text)])
        except (IndexError, ValueError):
            raise XmlRefused from None

    def _number_text(self, text: str) -> str:
        try:
            return exact_number(float(text))
        except ValueError:
            return self.texts[text]

    def _dated(self, text: str, meaning: Meaning) -> str | list[str]:
        try:
            return dated(float(text), meaning, from_1904=self._book.from_1904)
        except ValueError:
            return self.texts[text]


class _Sayer:
    """Gathers rows and says them. Each is at least as wide as any before it; blank ones at the end are left out."""

    def __init__(self, limits: Limits, say: Say) -> None:
        self._limits = limits
        self._say = say
        self._cells_left, self._signs_left = CELLS_MAX, SIGNS_MAX
        self.begin_sheet()

    def begin_sheet(self) -> None:
        self._rows: list[list[Any]] = []
        self._signs = 0
        self._width = 0
        self._said_rows = 0
        self.number = 0
        """Of the row that came last, from 1."""
        self._is_hidden = False
        self._hidden_rows = 0

    def begin_row(self, number: int, *, is_hidden: bool) -> None:
        """XmlRefused where rows stand out of their order."""
        if number <= self.number:
            raise XmlRefused
        self.number = number
        self._is_hidden = is_hidden

    def take_row(self, row: list[Any]) -> None:
        """Rows in which nothing stands may lie anywhere: borders were drawn there. MemoryError beyond the limits."""
        if not any(row):
            return
        if self.number > self._limits.rows:
            raise MemoryError
        self._hidden_rows += self._is_hidden
        width = self._width = max(self._width, len(row))
        while self._said_rows < self.number - 1:
            self._add([""] * width)
        if len(row) < width:
            row.extend([""] * (width - len(row)))
        self._add(row)

    def _add(self, row: list[Any]) -> None:
        self._said_rows += 1
        self._cells_left -= len(row)
        if self._cells_left < 0:
            raise MemoryError
        self._rows.append(row)
        self._signs += sum(map(len, row))
        if len(self._rows) >= ROWS_AT_ONCE or self._signs > SIGNS_AT_ONCE:
            self.say_rest()

    def say_rest(self) -> None:
        self._signs_left -= self._signs
        if self._signs_left < 0:
            raise MemoryError
        if self._rows:
            self._say(self._rows)
        self._rows, self._signs = [], 0

    def end_sheet(self) -> None:
        self.say_rest()
        if self._hidden_rows:
            self._say({"hidden_rows": self._hidden_rows})


class SheetRows:
    """Reads the sheets of one workbook one after the other."""

    def __init__(self, book: Book, limits: Limits, say: Say) -> None:
        self._cells = Cells(book)
        self._columns = _Columns(limits.columns)
        self._sayer = _Sayer(limits, say)

    def read_sheet(self, stream: IO[bytes]) -> None:
        """ValueError for what is no sheet, MemoryError beyond the limits."""
        self._sayer.begin_sheet()
        feed = Feed(_RowsReader(self._cells, self._columns, self._sayer))
        rest = self._take_plain_rows(stream, feed)
        while rest:
            feed.take(rest)
            rest = stream.read(PIECE_BYTES)
        feed.end()
        self._sayer.end_sheet()

    def _take_plain_rows(self, stream: IO[bytes], feed: Feed) -> bytes:
        """Take rows as long as they are plain; the parser gets what stands around them. Returns what was read beyond."""
        rest = stream.read(PIECE_BYTES)
        begin = rest.find(ROWS_BEGIN) + len(ROWS_BEGIN)
        if begin < len(ROWS_BEGIN) or not UNICODE_HEAD.match(rest):
            return rest
        feed.take(rest[:begin])  # A document type would be refused here.
        rest = rest[begin:]
        while len(rest) < PLAIN_ROW_BYTES_MAX:
            end = rest.rfind(ROW_END)
            if end >= 0:
                other = self._take_plain(rest[:end])
                if other:
                    return other + rest[end:]
                rest = rest[end + len(ROW_END) :]
            piece = stream.read(PIECE_BYTES)
            if not piece:
                return rest
            rest += piece
        return rest

    def _take_plain(self, block: bytes) -> bytes:
        """Take the rows of a block; returns it from the first row on that is not plain, nothing where all are."""
        try:
            rows = block.decode().split(ROW_END.decode())
        except UnicodeDecodeError:
            return block
        for place, text in enumerate(rows):
            if not self._take_plain_row(text):
                return ROW_END.join(row.encode() for row in rows[place:])
        return b""

    def _take_plain_row(self, text: str) -> bool:
        head = PLAIN_ROW.match(text)
        if head is None:
            return False
        value, by_kind, columns = self._cells.value, self._cells.by_kind, self._columns
        is_odd = "&" in text or "_x" in text
        row: list[Any] = []
        for before, letters, style, kind, said, inline in PLAIN_CELL.findall(text, head.end()):
            if before:
                return False
            if not letters:
                break
            column = columns[letters]
            words = said or inline
            if is_odd:
                words = without_escapes(without_entities(words))
            if column != len(row):
                if column == columns.beyond and not words:
                    continue
                if column == columns.beyond:
                    raise TooWide
                if column < len(row):
                    return False
                row.extend([""] * (column - len(row)))
            table = by_kind.get(kind)
            row.append(value(kind, style, words) if table is None else table[words])
        self._sayer.begin_row(int(head[1]), is_hidden=HIDDEN_ROW in head[0])
        self._sayer.take_row(row)
        return True


class _RowsReader(Reader):
    """Rows however XML may write them."""

    def __init__(self, cells: Cells, columns: _Columns, sayer: _Sayer) -> None:
        super().__init__()
        self._cells = cells
        self._columns = columns
        self._sayer = sayer
        self._row: list[Any] | None = None
        self._column = -1
        self._kind, self._style = "", ""
        self._inline = ""
        self._is_cell = self._is_spoken = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "t"):
            self.words.clear()
            self.keeps_words = True
        elif name == "row":
            self._begin_row(attributes)
        elif name == "rPh":
            self._is_spoken = True

    def finish(self, name: str) -> None:
        if name == "v":
            self.keeps_words = False
            if self._is_cell:
                self._put(self._cells.value(self._kind, self._style, self.text()))
        elif name == "c":
            self._is_cell = False
        elif name == "row":
            self._finish_row()
        elif name == "t":
            self.keeps_words = False
            if not self._is_spoken:
                self._inline = (self._inline + self.text())[:TEXT_SIGNS_MAX]
        elif name == "rPh":
            self._is_spoken = False
        elif name == "is" and self._is_cell:
            self._put(self._cells.texts[self._inline])

    def _begin_row(self, attributes: dict[str, str]) -> None:
        if self._row is not None:
            raise XmlRefused
        said = attributes.get("r")
        is_hidden = attributes.get("hidden", "") in ("1", "true")
        self._sayer.begin_row(self._sayer.number + 1 if said is None else int(said), is_hidden=is_hidden)
        self._row, self._column = [], -1

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        if self._row is None or self._is_cell:
            raise XmlRefused
        self._is_cell = True
        reference = attributes.get("r")
        letters = None if reference is None else reference.rstrip("0123456789")
        self._column = self._column + 1 if letters is None else self._columns[letters]
        self._kind, self._style = attributes.get("t", ""), attributes.get("s", "0")
        self._inline = ""

    def _put(self, value: str | list[str]) -> None:
        row = self._row
        assert row is not None, "a cell stands in a row"
        if self._column >= self._columns.limit:
            if value:
                raise TooWide
            return
        row.extend([""] * (self._column + 1 - len(row)))
        row[self._column] = value

    def _finish_row(self) -> None:
        row, self._row = self._row, None
        assert row is not None, "the parser ends only what began"
        self._sayer.take_row(row)
