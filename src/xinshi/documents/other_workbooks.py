"""The rows of workbooks that stand in memory as a whole while they are read: xls, xlsb and ods."""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import date, datetime, timedelta
from typing import Any, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from xinshi.documents.cleaning import CELL_SIGNS_MAX, Cleaner, clean_text, exact_number
from xinshi.documents.number_formats import DAY, MOMENT, duration_text
from xinshi.documents.xlsx import MERGED_MAX, SHEETS_MAX
from xinshi.documents.xlsx_rows import ROWS_AT_ONCE, SIGNS_AT_ONCE, Limits, Say

__all__ = ["PasswordError"]

SECTOR_BYTES: Final = 512
"""Streams of an OLE container begin at multiples of it."""
BEGIN_OF_FILE: Final = b"\x09\x08"
FILE_PASS: Final = b"\x2f\x00"
RECORD_HEAD_BYTES: Final = 4
FIRST_RECORDS: Final = 4
"""Begin of file, write protection, and then how the rest is encrypted."""
MANIFEST: Final = "META-INF/manifest.xml"
MANIFEST_BYTES: Final = 256 * 1024
ENCRYPTED_PART: Final = b"encryption-data"


def say_other_workbook(data: bytes, limits: Limits, say: Say) -> None:
    """Say the visible sheets and their rows; PasswordError, ValueError for no workbook, MemoryError beyond the limits."""
    try:
        book = load_workbook(io.BytesIO(data))
        sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        names = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
        if len(names) > SHEETS_MAX:
            raise MemoryError
        clean = Cleaner()
        for name in names:
            _say_sheet(name, book.get_sheet_by_name(name), clean, limits, say)
        for sheet in sheets[:SHEETS_MAX]:
            if sheet.visible != SheetVisibleEnum.Visible:
                say({"hidden_sheet": sheet.name})
    except PasswordError:
        raise
    except CalamineError as fault:
        if _is_encrypted_xls(data) or _is_encrypted_ods(data):
            raise PasswordError from fault
        raise ValueError from fault


def _is_encrypted_xls(data: bytes) -> bool:
    """True where one of the first records of the workbook is FilePass ([MS-XLS] 2.4.117); the reader just fails there."""
    for sector in range(SECTOR_BYTES, len(data), SECTOR_BYTES):
        if data[sector : sector + 2] != BEGIN_OF_FILE:
            continue
        place = sector
        for _ in range(FIRST_RECORDS):
            kind, length = data[place : place + 2], int.from_bytes(data[place + 2 : place + 4], "little")
            if kind == FILE_PASS:
                return True
            place += RECORD_HEAD_BYTES + length
    return False


def _is_encrypted_ods(data: bytes) -> bool:
    """True where the list of parts says how they are encrypted."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)).open(MANIFEST) as stream:
            return ENCRYPTED_PART in stream.read(MANIFEST_BYTES)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, RuntimeError, NotImplementedError, zlib.error):
        return False


def _say_sheet(name: str, sheet: CalamineSheet, clean: Cleaner, limits: Limits, say: Say) -> None:
    last_row, last_column = sheet.end or (-1, -1)
    if last_row >= limits.rows or last_column >= limits.columns:
        raise MemoryError
    merged = [[*start, *end] for start, end in (sheet.merged_cell_ranges or ())[:MERGED_MAX]]
    say({"sheet": name, "merged": merged})
    rows: list[list[Any]] = []
    signs = 0
    before = [""] * (sheet.start or (0, 0))[1]
    for row in sheet.iter_rows():  # From the first row of the sheet on, but only from the first column that is filled.
        cells = before + [clean(cell) if type(cell) is str else _plain(cell) for cell in row]
        rows.append(cells)
        signs += sum(map(len, cells))
        if len(rows) >= ROWS_AT_ONCE or signs > SIGNS_AT_ONCE:
            say(rows)
            rows, signs = [], 0
    if rows:
        say(rows)


def _plain(cell: object) -> str | list[str]:
    if isinstance(cell, datetime):
        return [MOMENT, cell.isoformat()]
    if isinstance(cell, date):
        return [DAY, cell.isoformat()]
    if isinstance(cell, timedelta):
        return duration_text(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return exact_number(cell)
    return clean_text(str(cell)[:CELL_SIGNS_MAX])
