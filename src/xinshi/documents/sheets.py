"""Spreadsheets that come in: xls, xlsx, ods and CSV as rows of clean text, with limits before anything is parsed.

A cell is text (NFKC-normalised, trimmed), a date, or a date and time. Numbers become exact decimal text, so that `1.1`
stays `1.1` and a number of 18 digits is either whole text or refused, never silently rounded.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, load_workbook

from xinshi.kernel.errors import DomainError, gettext_noop

Cell = str | date | datetime
FILE_BYTES_MAX: Final = 20 * 1024 * 1024
UNPACKED_BYTES_MAX: Final = 120 * 1024 * 1024
PACKED_RATIO_MAX: Final = 150
ARCHIVE_MEMBERS_MAX: Final = 2_000
ROWS_MAX: Final = 200_000
COLUMNS_MAX: Final = 200
CELL_SIGNS_MAX: Final = 2_000
HEADER_ROWS_SEARCHED: Final = 60
EXACT_FLOAT_MAX: Final = 2**53
OLE_SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ROUNDED_NUMBER: Final = "#ROUNDED#"
"""Stands in a cell whose long number the sender's program had already rounded; importers reject it with a reason."""


class FileTooLarge(DomainError):
    code = "file_too_large"
    message = gettext_noop("The file is too large to be read safely. Split it into smaller files.")
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
class Sheet:
    """A sheet's rows; `rows[0]` is the sheet's first row, so that row numbers shown to people are index + 1."""

    name: str
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header row stands and in which column each wanted field does; fields not found are left out."""

    row_index: int
    columns: Mapping[str, int]
    titles: Sequence[str]


def read_sheets(data: bytes, *, file_name: str) -> list[Sheet]:
    """Every sheet that has rows. Raises FileTooLarge, FileEncrypted, FileNotReadable, FileEmpty."""
    if len(data) > FILE_BYTES_MAX:
        raise FileTooLarge
    if not data.strip():
        raise FileEmpty
    if data[:4] == b"PK\x03\x04":
        _refuse_bombs(data)
        sheets = _read_workbook(data)
    elif data[:8] == OLE_SIGNATURE:
        sheets = _read_workbook(data)
    elif file_name.lower().endswith((".csv", ".txt", ".tsv")) or _looks_like_text(data):
        sheets = [Sheet(name="", rows=_read_csv(data))]
    else:
        raise FileNotReadable
    filled = [sheet for sheet in sheets if any(any(row) for row in sheet.rows)]
    if not filled:
        raise FileEmpty
    return filled


def find_header(sheet: Sheet, wanted: Mapping[str, Sequence[str]], *, required: Sequence[str]) -> Header | None:
    """The row that names most of `wanted` (field → synonyms) and all of `required`; None where there is none.

    Titles are compared without spaces, asterisks, brackets' contents, case and width.
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


def clean_text(value: object) -> str:
    """NFKC, without invisible signs, runs of spaces as one, trimmed, at most CELL_SIGNS_MAX signs."""
    text = unicodedata.normalize("NFKC", str(value))
    text = "".join(sign if sign.isprintable() else " " for sign in text if sign not in "\u200b\u200c\u200d\ufeff")
    return " ".join(text.split())[:CELL_SIGNS_MAX]


def _refuse_bombs(data: bytes) -> None:
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
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


def _read_workbook(data: bytes) -> list[Sheet]:
    try:
        book = load_workbook(io.BytesIO(data))
        return [Sheet(name=name, rows=_sheet_rows(book, name)) for name in book.sheet_names]
    except PasswordError:
        raise FileEncrypted from None
    except (CalamineError, ValueError, OSError, zipfile.BadZipFile):
        # A password-protected xlsx is an OLE container that holds no workbook.
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileEncrypted from None
        raise FileNotReadable from None


def _sheet_rows(book: CalamineWorkbook, name: str) -> list[list[Cell]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.height > ROWS_MAX or sheet.width > COLUMNS_MAX:
        raise FileTooLarge
    return [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]


def _cell(value: object) -> Cell:
    if isinstance(value, datetime | date):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return _exact_number(value)
    if isinstance(value, time | timedelta):
        return str(value)
    return clean_text(value)


def _exact_number(value: float) -> str:
    """A float as the decimal figure that a person typed; ROUNDED_NUMBER where digits were lost before."""
    if value != value or abs(value) > 1e300:  # noqa: PLR0124  # not a number equals nothing
        return ""
    if abs(value) > EXACT_FLOAT_MAX:
        return ROUNDED_NUMBER
    return f"{Decimal(repr(value)).normalize():f}"


def _looks_like_text(data: bytes) -> bool:
    head = data[:4096]
    return b"\0" not in head and not head.lstrip()[:1] in (b"<", b"{", b"%")


def _read_csv(data: bytes) -> list[list[Cell]]:
    text = decode(data)
    sample = text[:4096]
    delimiter = max(",\t;", key=sample.count) if any(sign in sample for sign in ",\t;") else ","
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(rows) >= ROWS_MAX or len(row) > COLUMNS_MAX:
                raise FileTooLarge
            rows.append([clean_text(value) for value in row])
    except csv.Error:
        raise FileNotReadable from None
    return rows


def decode(data: bytes) -> str:
    """Text in UTF-8 (with or without mark), UTF-16 with mark, or GB 18030; FileNotReadable for anything else."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: Iterable[str] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileNotReadable
