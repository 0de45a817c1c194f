"""Spreadsheets that come in: xls, xlsx, ods, CSV and tables of web pages as rows of clean text, within limits.

A cell is text (NFKC-normalised, trimmed), a date, or a date and time. Numbers become exact decimal text, so that `1.1`
stays `1.1` and a number of 18 digits is either whole text or refused, never silently rounded.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import subprocess
import sys
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any, Final

from xinshi.documents import parsing
from xinshi.documents.cleaning import CELL_SIGNS_MAX, ROUNDED_NUMBER, Cleaner, clean_text
from xinshi.documents.number_formats import DAY
from xinshi.documents.web_tables import looks_like_web_page, tables_in
from xinshi.kernel.errors import DomainError, gettext_noop

__all__ = ["CELL_SIGNS_MAX", "ROUNDED_NUMBER", "clean_text"]

Cell = str | date | datetime
FILE_BYTES_MAX: Final = 20 * 1024 * 1024
UNPACKED_BYTES_MAX: Final = 256 * 1024 * 1024
PACKED_RATIO_MAX: Final = 150
ARCHIVE_MEMBERS_MAX: Final = 2_000
ROWS_MAX: Final = 200_000
COLUMNS_MAX: Final = 200
PART_ROWS: Final = 500
READ_BYTES: Final = 64 * 1024
AHEAD_BYTES: Final = 512 * 1024
LINES_A_ROW_MAX: Final = 2
"""Some cells of a table go over several lines, but not most."""
XML_HEAD_BYTES: Final = 1_024
HEADER_ROWS_SEARCHED: Final = 60
CONTROL_SIGN: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""Binary files decode as Chinese by chance, but hardly without these."""
PARSING_SECONDS_MAX: Final = 120
"""Until the last row was read: the parser waits for whoever takes its rows."""
DELIMITERS: Final = ",\t;"
SELDOM_DELIMITERS: Final = "|，"
"""Between the cells of a line, the likeliest first."""
ARCHIVED_PAGE: Final = b"MIME-Version:"
"""A web page with its pictures in one file, as spreadsheet programs save it."""
DOS_END: Final = b"\x1a"
UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
OLE_SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError)
"""What the archive's own reader raises for one that is broken."""
ZIP_SIGNATURE: Final = b"PK\x03\x04"


class FileTooLarge(DomainError):
    code = "file_too_large"
    message = gettext_noop("The file is too large to be read safely. Split it into smaller files.")
    status = 422


class FileTooWide(DomainError):
    code = "file_too_wide"
    message = gettext_noop(
        "The sheet has more than 200 columns. Delete those behind the table, or copy the table into a new file."
    )
    status = 422


class QuoteWithoutEnd(DomainError):
    code = "quote_without_end"
    message = gettext_noop(
        "In line %(row)s a quotation mark has no end, so that other rows run into its cell. Remove that mark, or save the "
        "file as .xlsx."
    )
    status = 422


class FileNotReadable(DomainError):
    code = "file_not_readable"
    message = gettext_noop("This is not a spreadsheet that can be read. Save it as .xlsx or .csv and try again.")
    status = 422


class FileEncrypted(DomainError):
    code = "file_encrypted"
    message = gettext_noop("The file is protected by a password. Save it without the password and try again.")
    status = 422


class FileEmpty(DomainError):
    code = "file_empty"
    message = gettext_noop("The file has no rows.")
    status = 422


class HeaderNotFound(DomainError):
    code = "header_not_found"
    message = gettext_noop("No row with the column names %(columns)s was found. Check that this is the right file.")
    status = 422


@dataclass(frozen=True, slots=True)
class SheetPart:
    """Some rows of the sheet with this number, from the row `first_row` on, counted from 0.

    A hidden sheet is named, but has no rows here. `hidden_rows` counts filled rows further up that nobody sees.
    """

    number: int
    name: str
    merged: Sequence[tuple[int, int, int, int]]
    first_row: int
    rows: list[list[Cell]]
    is_hidden: bool = False
    hidden_rows: int = 0
    is_delimited: bool = False
    """Of text: a sign between two cells may stand in one of them by mistake."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's rows; `rows[0]` is the sheet's first row, so that row numbers shown to people are index + 1.

    `merged` are the merged areas: first row, first column, last row, last column. Only their first cell has a value.
    """

    name: str
    rows: list[list[Cell]]
    merged: Sequence[tuple[int, int, int, int]] = ()

    def fill_merged(self, columns: Collection[int]) -> None:
        """Repeat what was merged over several rows in each of them, in `columns`: for words, never for figures."""
        for top, left, bottom, right in self.merged:
            if bottom <= top or left != right or left not in columns:
                continue
            for row in self.rows[top + 1 : bottom + 1]:
                if left < len(row) and not row[left]:
                    row[left] = self.rows[top][left]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header row stands and in which column each wanted field does; fields not found are left out."""

    row_index: int
    columns: Mapping[str, int]
    titles: Sequence[str]


def read_sheets(data: bytes, *, file_name: str) -> list[Sheet]:
    """Every sheet that has rows. Raises FileTooLarge, FileEncrypted, FileNotReadable, FileEmpty."""
    sheets: dict[int, Sheet] = {}
    for part in sheet_parts(data, file_name=file_name):
        sheets.setdefault(part.number, Sheet(part.name, [], part.merged)).rows.extend(part.rows)
    filled = [sheet for sheet in sheets.values() if any(any(row) for row in sheet.rows)]
    if not filled:
        raise FileEmpty
    return filled


def sheet_parts(data: bytes, *, file_name: str, rows_max: int = ROWS_MAX) -> Iterator[SheetPart]:
    """The rows of every sheet, some hundred at a time, so that a long file never stands in memory as a whole.

    Raises FileTooLarge, FileEncrypted, FileNotReadable, FileEmpty, some of them only after the first parts.
    """
    if len(data) > FILE_BYTES_MAX:
        raise FileTooLarge
    if not data.strip():
        raise FileEmpty
    if data[:4] == ZIP_SIGNATURE:
        _refuse_bombs(data)
        return _parse_workbook(data, rows_max)
    if data[:8] == OLE_SIGNATURE:
        return _parse_workbook(data, rows_max)
    name = PurePath(file_name).stem
    if data[:2] in UTF16_MARKS:
        data = decode(data).encode(errors="replace")
    if looks_like_web_page(data):
        return _web_tables(data, name)
    if _looks_like_text(data):
        return _csv_parts(data, name, rows_max)
    raise FileNotReadable


def find_header(
    sheet: Sheet, wanted: Mapping[str, Sequence[str]], *, required: Sequence[str], is_first: bool = False
) -> Header | None:
    """The row that names most of `wanted` (field → synonyms) and all of `required`; None where there is none.

    `is_first`: the first such row, because further down another table may begin, with titles of its own. Titles are
    compared without spaces, asterisks, brackets' contents, case and width.
    """
    synonyms = {plain_title(name): field for field, names in wanted.items() for name in names}
    best: Header | None = None
    for row_index, row in enumerate(sheet.rows[:HEADER_ROWS_SEARCHED]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(row):
            field = synonyms.get(plain_title(str(cell)))
            if field and field not in columns:
                columns[field] = column
        if all(field in columns for field in required) and (best is None or len(columns) > len(best.columns)):
            best = Header(row_index=row_index, columns=columns, titles=[str(cell) for cell in row])
            if is_first:
                break
    return best


def plain_title(title: str) -> str:
    """A column's title without what varies: width, spaces, asterisks, bracketed remarks, case."""
    text = unicodedata.normalize("NFKC", title)
    kept, depth = [], 0
    for sign in text:
        depth += (sign in "([【") - (sign in ")]】")
        if depth == 0 and sign not in ")]】*★:：" and not sign.isspace():
            kept.append(sign)
    return "".join(kept).lower()


def _refuse_bombs(data: bytes) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise FileNotReadable from None
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if any(member.flag_bits & 1 for member in members):
        raise FileEncrypted
    if len(members) > ARCHIVE_MEMBERS_MAX or unpacked > UNPACKED_BYTES_MAX:
        raise FileTooLarge
    if unpacked > 5 * 1024 * 1024 and unpacked / packed > PACKED_RATIO_MAX:
        raise FileTooLarge
    if any(_has_entities(archive, member) for member in members):
        raise FileNotReadable


def _has_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """True where XML brings definitions of its own: no spreadsheet program writes such a thing."""
    if not member.filename.lower().endswith((".xml", ".rels")):
        return False
    try:
        with archive.open(member) as stream:
            return b"<!DOCTYPE" in stream.read(XML_HEAD_BYTES)
    except UNREADABLE:
        raise FileNotReadable from None


def _parse_workbook(data: bytes, rows_max: int) -> Iterator[SheetPart]:
    """Parse in a process of its own (see `parsing.py`): a hostile file can exhaust that one only."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileEncrypted  # A password-protected xlsx is an OLE container that holds no workbook.
    return _answered_parts(data, rows_max)


REFUSALS: Final[Mapping[str, type[DomainError]]] = {
    "encrypted": FileEncrypted,
    "too_large": FileTooLarge,
    "too_wide": FileTooWide,
}
"""By the code with which the parser ends."""


def _answered_parts(data: bytes, rows_max: int) -> Iterator[SheetPart]:
    command = [sys.executable, "-m", parsing.__name__, str(rows_max), str(COLUMNS_MAX), str(len(data))]
    with subprocess.Popen(  # noqa: S603  # our own module, with numbers as arguments
        command, bufsize=READ_BYTES, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        _let_run_ahead(process)
        watch = threading.Timer(PARSING_SECONDS_MAX, process.kill)
        watch.start()
        try:
            yield from _parts_of_answer(process, data)
        finally:
            watch.cancel()
            process.kill()


def _let_run_ahead(process: subprocess.Popen[bytes]) -> None:
    """Let the parser say some thousand rows more than were taken, so that both work at the same time; where Linux allows."""
    assert process.stdout is not None
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # Not on every platform.

        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, AHEAD_BYTES)


def _parts_of_answer(process: subprocess.Popen[bytes], data: bytes) -> Iterator[SheetPart]:
    number, name, first_row = -1, "", 0
    merged: list[tuple[int, int, int, int]] = []
    assert process.stdout is not None
    for line in process.stdout:
        said: Any = json.loads(line) if line.endswith(b"\n") else None
        if isinstance(said, list):
            # A bracket more than the rows have: a cell that is no text, or a text that has one.
            is_text = line.count(b"[") == len(said) + 1
            rows = said if is_text else [row if _is_text(row) else [_cell(cell) for cell in row] for row in said]
            yield SheetPart(number, name, merged, first_row, rows)
            first_row += len(rows)
        elif said is None:
            break
        elif "ask" in said:
            place, count = said["ask"]
            _hand_over(process, memoryview(data)[place : place + count])
        elif "sheet" in said:
            number, name, first_row = number + 1, said["sheet"], 0
            merged = [(top, left, bottom, right) for top, left, bottom, right in said["merged"]]
        elif "hidden_sheet" in said:
            number += 1
            yield SheetPart(number, said["hidden_sheet"], [], 0, [], is_hidden=True)
        elif "hidden_rows" in said:
            yield SheetPart(number, name, merged, first_row, [], hidden_rows=said["hidden_rows"])
        elif error := said.get("error"):
            raise REFUSALS.get(error, FileNotReadable)
        else:
            return
    raise FileTooLarge  # It died of its limits.


def _hand_over(process: subprocess.Popen[bytes], piece: memoryview) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(piece)
        process.stdin.flush()


def _is_text(row: list[Any]) -> bool:
    return list not in set(map(type, row))


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        mark, text = value
        return date.fromisoformat(text) if mark == DAY else datetime.fromisoformat(text)
    assert isinstance(value, str), "the parser says text"
    return value


def _web_tables(data: bytes, name: str) -> Iterator[SheetPart]:
    """The tables of a web page that was named .xls, as many a platform's export is."""
    found = tables_in(decode(data))
    if found is None:
        raise FileTooLarge
    if not found:
        raise FileNotReadable
    return iter(
        [SheetPart(number, name, table.merged, 0, [[*row] for row in table.rows]) for number, table in enumerate(found)]
    )


def _looks_like_text(data: bytes) -> bool:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return b"\0" not in head and head[:1] not in (b"<", b"{", b"%") and not head.startswith(ARCHIVED_PAGE)


def _csv_parts(data: bytes, name: str, rows_max: int) -> Iterator[SheetPart]:
    if data.count(b"\n") > LINES_A_ROW_MAX * rows_max:
        raise FileTooLarge
    text = decode(data)
    return _rows_of_text(text, _delimiter(text[:4096]), name, rows_max)


def _delimiter(sample: str) -> str:
    """The sign that stands in most lines: in a cell others may stand more often, but not in as many lines.

    `|` and `，` divide cells only where nothing else does: people write them.
    """
    lines = sample.splitlines()

    def likelihood(sign: str) -> int:
        return sum(sign in line for line in lines)

    usual = max(DELIMITERS, key=likelihood)
    return usual if usual in sample else max(SELDOM_DELIMITERS, key=likelihood)


def _rows_of_text(text: str, delimiter: str, name: str, rows_max: int) -> Iterator[SheetPart]:
    clean = Cleaner()
    rows: list[list[Cell]] = []
    first_row = 0
    try:
        for row in csv.reader(_lines(text), delimiter=delimiter):
            if first_row + len(rows) >= rows_max:
                raise FileTooLarge
            if len(row) > COLUMNS_MAX:
                raise FileTooWide
            if any("\n" in value and _holds_rows(value, delimiter, len(row)) for value in row):
                raise QuoteWithoutEnd(row=first_row + len(rows) + 1)
            rows.append([clean(value) for value in row])
            if len(rows) >= PART_ROWS:
                yield SheetPart(0, name, [], first_row, rows, is_delimited=True)
                first_row, rows = first_row + len(rows), []
    except csv.Error:
        raise FileNotReadable from None
    yield SheetPart(0, name, [], first_row, rows, is_delimited=True)


def _holds_rows(value: str, delimiter: str, width: int) -> bool:
    """True for a cell that swallowed rows of the table: one of its lines has as many cells as a row."""
    return any(line.count(delimiter) >= max(2, width - 1) for line in value.split("\n")[1:])


def _lines(text: str) -> Iterator[str]:
    """The text's lines with their ends as they are; a quoted cell may go over several of them."""
    return iter(io.StringIO(text, newline=""))


def decode(data: bytes) -> str:
    """Text in UTF-8 (with or without mark), UTF-16 with mark, or GB 18030; FileNotReadable for anything else."""
    if data[:2] in UTF16_MARKS:
        encodings: Iterable[str] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
        data = data.removesuffix(DOS_END)
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if CONTROL_SIGN.search(text, 0, 65_536):
            break
        return text
    raise FileNotReadable
