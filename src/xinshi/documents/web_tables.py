"""Tables of web pages: many a platform's "Excel" export is a page of HTML, or XML of the year 2003, that is named .xls."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from xinshi.documents.cleaning import Cleaner

PAGE_SIGNS_MAX: Final = 4_000_000
TAGS_MAX: Final = 150_000
"""A longer page is better saved as a workbook: reading markup takes long."""
SPAN_MAX: Final = 200
ROW_SPAN_MAX: Final = 100_000
OPENING: Final = re.compile(
    rb"<(!doctype html|html|head|meta|body|table|div|style|\?xml|workbook|ss:workbook|!--)", re.IGNORECASE
)
ROWS: Final = frozenset({"tr", "row", "ss:row"})
CELLS: Final = frozenset({"td", "th", "cell", "ss:cell"})
TABLES: Final = frozenset({"table", "ss:table"})
SILENT: Final = frozenset({"script", "style", "title", "head", "comment", "ss:comment"})
"""What stands there is no cell's text: remarks about a cell stand inside of it."""


@dataclass(slots=True)
class WebTable:
    """The rows of a table as they are seen; `merged` areas as `sheets.Sheet` has them."""

    rows: list[list[str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def looks_like_web_page(data: bytes) -> bool:
    """True for a page of HTML or a spreadsheet of XML, in an encoding that writes Latin letters as ASCII does."""
    return OPENING.match(data[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip()) is not None


def tables_in(text: str) -> list[WebTable] | None:
    """The rows of every table on the page; None where the page is too long to be read."""
    if len(text) > PAGE_SIGNS_MAX:
        return None
    reader = _Reader()
    try:
        reader.feed(text)
        reader.close()
    except _TooLong:
        return None
    reader.end_row()
    return [table for table in reader.tables if table.rows]


class _TooLong(Exception):
    """The page has too many tags."""


class _Reader(HTMLParser):
    """Collects the rows of tables. Nothing is fetched, no entity but HTML's own is known, nothing is run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[WebTable] = []
        self._row: list[str] | None = None
        self._text: list[str] | None = None
        self._wide = self._high = 1
        self._covered: dict[int, int] = {}
        """How many more rows a cell further up covers in each column."""
        self._silent = ""
        self._tags = 0
        self._clean = Cleaner()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags += 1
        if self._tags > TAGS_MAX:
            raise _TooLong
        if tag in SILENT:
            self._silent = tag
        elif tag in TABLES:
            self.end_row()
            self.tables.append(WebTable())
            self._covered = {}
        elif tag in ROWS:
            self.end_row()
            self._skip_rows(attrs)
            self._row = []
        elif tag in CELLS:
            self._end_cell()
            self._row = [] if self._row is None else self._row
            self._skip_to(attrs)
            self._skip_covered(self._row)
            self._text = []
            self._wide = _span(attrs, "colspan", "mergeacross", SPAN_MAX)
            self._high = _span(attrs, "rowspan", "mergedown", ROW_SPAN_MAX)
        elif tag in ("br", "p", "div") and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag in CELLS:
            self._end_cell()
        elif tag in ROWS:
            self.end_row()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self._text.append(data)

    def end_row(self) -> None:
        """Put the open row, if there is one, into the table."""
        self._end_cell()
        if self._row is not None:
            if not self.tables:
                self.tables.append(WebTable())
            self.tables[-1].rows.append(self._row)
            self._covered = {column: left - 1 for column, left in self._covered.items() if left > 1}
        self._row = None

    def _end_cell(self) -> None:
        if self._text is None or self._row is None:
            return
        left, right = len(self._row), len(self._row) + self._wide - 1
        if self._wide > 1 or self._high > 1:
            table = self.tables[-1] if self.tables else WebTable()
            top = len(table.rows)
            table.merged.append((top, left, top + self._high - 1, right))
            # The row itself counts too: it is subtracted when this row ends.
            self._covered |= dict.fromkeys(range(left, right + 1), self._high)
        self._row += [self._clean("".join(self._text)), *[""] * (self._wide - 1)]
        self._tags += self._wide
        self._text = None

    def _skip_covered(self, row: list[str]) -> None:
        """The places that a cell further up covers are not written again."""
        while len(row) in self._covered:
            row.append("")
            self._tags += 1

    def _skip_to(self, attrs: list[tuple[str, str | None]]) -> None:
        """XML of 2003 leaves empty cells out and says the place of the next one."""
        if self._row is not None:
            self._row += [""] * (min(_figure(attrs, "index", SPAN_MAX) - 1, SPAN_MAX) - len(self._row))

    def _skip_rows(self, attrs: list[tuple[str, str | None]]) -> None:
        """XML of 2003 leaves empty rows out, too."""
        table = self.tables[-1] if self.tables else WebTable()
        for _ in range(len(table.rows) + 1, _figure(attrs, "index", TAGS_MAX)):
            table.rows.append([])
            self._tags += 1


def _figure(attrs: list[tuple[str, str | None]], name: str, most: int) -> int:
    """The attribute of this name, with the prefix of XML of 2003 or without; 0 where it is none."""
    text = next((value for key, value in attrs if key in (name, f"ss:{name}")), None)
    return min(int(text[:7]), most) if text and text.isascii() and text.isdigit() else 0


def _span(attrs: list[tuple[str, str | None]], html_name: str, xml_name: str, most: int) -> int:
    """How many places a cell takes: HTML says them all, XML of 2003 those besides the first."""
    return max(1, _figure(attrs, html_name, most), min(_figure(attrs, xml_name, most) + 1, most))
