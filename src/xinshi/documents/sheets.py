"""Spreadsheets that come in: xls, xlsx, ods and CSV as rows of clean text, with limits before anything is parsed.

A cell is text (NFKC-normalised, trimmed), a date, or a date and time. Numbers become exact decimal text, so that `1.1`
stays `1.1` and a number of 18 digits is either whole text or refused, never silently rounded.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final

from xinshi.documents import parsing
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
EXACT_NUMBER_MAX: Final = 10**15
"""Spreadsheet programs keep fifteen digits of a number; a longer one was rounded before it came here."""
ROUNDED_TEXT: Final = re.compile(r"\d(\.\d+)?E\+\d{2}", re.IGNORECASE)
"""What a spreadsheet program writes into CSV for a long number: 4.30399E+17."""
PLAIN_CHINESE: Final = re.compile(r"[\u4e00-\u9fff0-9A-Za-z]*")
CONTROL_SIGN: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""Binary files decode as Chinese by chance, but hardly without these."""
INVISIBLE_SIGNS: Final = "\u200b\u200c\u200d\u2060\ufeff"
TEXT_MARK: Final = re.compile(r"'[=+\-@\d\s]")
"""The apostrophe by which people, and `workbook.neutralised`, say that a cell is text."""
PARSING_SECONDS_MAX: Final = 30
UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
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
    if len(data) > FILE_BYTES_MAX:
        raise FileTooLarge
    if not data.strip():
        raise FileEmpty
    if data[:4] == b"PK\x03\x04":
        _refuse_bombs(data)
        sheets = _read_workbook(data)
    elif data[:8] == OLE_SIGNATURE:
        sheets = _read_workbook(data)
    elif _looks_like_text(data):
        sheets = [Sheet(name=PurePath(file_name).stem, rows=_read_csv(data))]
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
    text = str(value)
    if not (text.isascii() and text.isalnum()) and not PLAIN_CHINESE.fullmatch(text):
        text = _without_oddities(text)
    text = text[:CELL_SIGNS_MAX]
    if TEXT_MARK.match(text):
        text = text[1:].lstrip()
    return ROUNDED_NUMBER if ROUNDED_TEXT.fullmatch(text) else text


def _without_oddities(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = "".join(sign if sign.isprintable() else " " for sign in text if sign not in INVISIBLE_SIGNS)
    return " ".join(text.split())


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
    """Parse in a process of its own (see `parsing.py`): a hostile file can exhaust that one only."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileEncrypted  # A password-protected xlsx is an OLE container that holds no workbook.
    limits = [str(ROWS_MAX), str(COLUMNS_MAX), str(CELL_SIGNS_MAX)]
    try:
        done = subprocess.run(  # noqa: S603  # our own module, with numbers as arguments
            [sys.executable, "-m", parsing.__name__, *limits],
            input=data,
            capture_output=True,
            timeout=PARSING_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FileTooLarge from None
    if done.returncode != 0 or not done.stdout:
        raise FileTooLarge  # It died of its limits.
    answer: dict[str, Any] = json.loads(done.stdout)
    if error := answer.get("error"):
        raise {"encrypted": FileEncrypted, "too_large": FileTooLarge}.get(error, FileNotReadable)
    return [
        Sheet(
            name=sheet["name"],
            rows=[[_cell(cell) for cell in row] for row in sheet["rows"]],
            merged=[tuple(area) for area in sheet["merged"]],
        )
        for sheet in answer["sheets"]
    ]


def _cell(value: object) -> Cell:
    if isinstance(value, list):
        mark, text = value
        return date.fromisoformat(text) if mark == parsing.DAY else datetime.fromisoformat(text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _exact_number(value)
    return clean_text(value)


def _exact_number(value: float) -> str:
    """A number as the decimal figure that a person typed; ROUNDED_NUMBER where digits were lost before."""
    if not math.isfinite(value):
        return ""
    if abs(value) >= EXACT_NUMBER_MAX:
        return ROUNDED_NUMBER
    return f"{Decimal(repr(value)).normalize():f}"


def _looks_like_text(data: bytes) -> bool:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return (b"\0" not in head or data[:2] in UTF16_MARKS) and head[:1] not in (b"<", b"{", b"%")


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
    if data[:2] in UTF16_MARKS:
        encodings: Iterable[str] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if CONTROL_SIGN.search(text, 0, 65_536):
            break
        return text
    raise FileNotReadable
