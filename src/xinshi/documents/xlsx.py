"""The rows of an xlsx workbook as a stream (ECMA-376 part 1, 18.3): however many they are, memory holds some hundred.

Only the texts that cells name by number stand in memory as a whole, and they are bounded (`shared_texts.py`).
"""

from __future__ import annotations

import re
import zipfile
from posixpath import normpath
from typing import IO, Final

from xinshi.documents.number_formats import BUILT_IN, Meaning, meaning_of
from xinshi.documents.shared_texts import SharedTexts, shared_texts
from xinshi.documents.xlsx_rows import Book, Limits, Say, SheetRows, column_of
from xinshi.documents.xml_stream import TEXT_SIGNS_MAX, Reader, read_xml

BOOK: Final = "xl/workbook.xml"
BOOK_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
SHEETS_MAX: Final = 200
"""One a department. A workbook with more is refused: no sheet is dropped without a word."""
STYLES_MAX: Final = 100_000
MERGED_MAX: Final = 20_000
MERGED_BYTES_MAX: Final = 1024 * 1024
SEARCHED_BYTES: Final = 256 * 1024
MERGED_AREA: Final = re.compile(rb'mergeCell\s[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


class Archive:
    """The parts of a workbook by their names, whatever case and slashes these are written with."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(stream)
        self._members = {_plain(member.filename): member for member in self._archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def open(self, name: str) -> IO[bytes]:
        """KeyError where there is no such part."""
        return self._archive.open(self._members[name.lower()])

    def read(self, name: str, reader: Reader) -> None:
        with self.open(name) as stream:
            read_xml(stream, reader)


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def say_workbook(archive: Archive, limits: Limits, say: Say) -> None:
    """Say the visible sheets and their rows; ValueError, KeyError for what is no workbook, MemoryError beyond the limits."""
    book = _BookReader()
    archive.read(BOOK, book)
    relations = _RelationsReader()
    archive.read(BOOK_RELATIONS, relations)
    known = _known(archive, relations, from_1904=book.from_1904)
    rows = SheetRows(known, limits, say)
    seen = set()
    for name, relation in book.sheets:
        part = relations.sheets.get(relation)
        if part is None or part in seen:
            continue
        seen.add(part)
        with archive.open(part) as stream:
            merged = _merged(stream, limits)
        say({"sheet": name, "merged": merged})
        with archive.open(part) as stream:
            rows.read_sheet(stream)
    for name in book.hidden:
        say({"hidden_sheet": name})


def _known(archive: Archive, relations: _RelationsReader, *, from_1904: bool) -> Book:
    styles = _StylesReader()
    if relations.styles in archive:
        archive.read(relations.styles, styles)
    texts = SharedTexts()
    if relations.texts in archive:
        with archive.open(relations.texts) as stream:
            texts = shared_texts(stream)
    return Book(texts, styles.meanings(), from_1904)


class _BookReader(Reader):
    """Names of the visible sheets and by which relation each is found, and names of the others."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []
        self.hidden: list[str] = []
        self.from_1904 = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904", "") in ("1", "true", "on")
        elif name == "sheet":
            title = attributes.get("name", "")[:TEXT_SIGNS_MAX]
            if len(self.sheets) + len(self.hidden) >= SHEETS_MAX:
                raise MemoryError
            if attributes.get("state", "visible") != "visible":
                self.hidden.append(title)
                return
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.sheets.append((title, relation))


class _RelationsReader(Reader):
    """Where the parts stand."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: dict[str, str] = {}
        self.styles = "xl/styles.xml"
        self.texts = "xl/sharedstrings.xml"

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship" or len(self.sheets) >= STYLES_MAX:
            return
        target, kind = attributes.get("Target", ""), attributes.get("Type", "").rpartition("/")[2]
        place = _plain(normpath(target if target[:1] in "/\\" else f"xl/{target}"))
        if kind == "worksheet":
            self.sheets[attributes.get("Id", "")] = place
        elif kind == "styles":
            self.styles = place
        elif kind == "sharedStrings":
            self.texts = place


class _StylesReader(Reader):
    """Which styles of cells make a number a date."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[str, str] = {}
        self._styles: list[str] = []
        self._is_within = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._codes) + len(self._styles) > STYLES_MAX:
            raise MemoryError
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:TEXT_SIGNS_MAX]
        elif name == "cellXfs":
            self._is_within = True
        elif name == "xf" and self._is_within:
            self._styles.append(attributes.get("numFmtId", "0"))

    def finish(self, name: str) -> None:
        if name == "cellXfs":
            self._is_within = False

    def meanings(self) -> dict[str, Meaning]:
        """By the number of the style, as cells name it."""
        formats = {str(number): meaning for number, meaning in BUILT_IN.items()}
        for number, code in self._codes.items():
            meaning = meaning_of(code)
            formats.pop(number, None)
            if meaning:
                formats[number] = meaning
        return {str(style): formats[number] for style, number in enumerate(self._styles) if number in formats}


def _merged(stream: IO[bytes], limits: Limits) -> list[tuple[int, int, int, int]]:
    """The merged areas, which stand behind the rows they belong to; MemoryError where the rows are too many."""
    rows, before, found = 0, b"", b""
    while piece := stream.read(SEARCHED_BYTES):
        rows += piece.count(b"<row ")
        if rows > limits.rows:
            raise MemoryError
        if found:
            found = (found + piece)[:MERGED_BYTES_MAX]
        elif (place := (before + piece).find(b"mergeCells")) >= 0:
            found = (before + piece)[place:]
        before = piece[-len(b"mergeCells") :]
    areas = [
        (int(top) - 1, column_of(left.decode()), int(bottom) - 1, column_of(right.decode()))
        for left, top, right, bottom in MERGED_AREA.findall(found)[:MERGED_MAX]
    ]
    return [area for area in areas if area[3] < limits.columns]
