"""Tables of web pages: many a platform's "Excel" export is a page of HTML, or XML of the year 2003, that is named .xls."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from xinshi.documents.cleaning import Cleaner

PAGE_SIGNS_MAX: Final = 4_000_000
TAGS_MAX: Final = 150_000
"""A longer page is better saved as a workbook: reading markup takes long."""
SPAN_MAX: Final = 200
OPENING: Final = re.compile(
    rb"<(!doctype html|html|head|meta|body|table|div|style|\?xml|workbook|ss:workbook|!--)", re.IGNORECASE
)
ROWS: Final = frozenset({"tr", "row", "ss:row"})
CELLS: Final = frozenset({"td", "th", "cell", "ss:cell"})
TABLES: Final = frozenset({"table", "ss:table"})
SILENT: Final = frozenset({"script", "style", "title", "head"})


def looks_like_web_page(data: bytes) -> bool:
    """True for a page of HTML or a spreadsheet of XML, in an encoding that writes Latin letters as ASCII does."""
    return OPENING.match(data[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip()) is not None


def tables_in(text: str) -> list[list[list[str]]] | None:
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
    return [table for table in reader.tables if table]


class _TooLong(Exception):
    """The page has too many tags."""


class _Reader(HTMLParser):
    """Collects the rows of tables. Nothing is fetched, no entity but HTML's own is known, nothing is run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._row: list[str] | None = None
        self._text: list[str] | None = None
        self._span = 1
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
            self.tables.append([])
        elif tag in ROWS:
            self.end_row()
            self._row = []
        elif tag in CELLS:
            self._end_cell()
            self._row = [] if self._row is None else self._row
            self._text, self._span = [], _span(attrs)
            self._skip_to(attrs)
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
                self.tables.append([])
            self.tables[-1].append(self._row)
        self._row = None

    def _end_cell(self) -> None:
        if self._text is None or self._row is None:
            return
        self._row += [self._clean("".join(self._text)), *[""] * (self._span - 1)]
        self._tags += self._span
        self._text = None

    def _skip_to(self, attrs: list[tuple[str, str | None]]) -> None:
        """XML of 2003 leaves empty cells out and says the place of the next one."""
        place = next((value for name, value in attrs if name in ("ss:index", "index")), None)
        if place and place.isascii() and place.isdigit() and self._row is not None:
            self._row += [""] * (min(int(place[:4]) - 1, SPAN_MAX) - len(self._row))


def _span(attrs: list[tuple[str, str | None]]) -> int:
    wide = next((value for name, value in attrs if name == "colspan"), None)
    return max(1, min(int(wide[:4]), SPAN_MAX)) if wide and wide.isascii() and wide.isdigit() else 1
