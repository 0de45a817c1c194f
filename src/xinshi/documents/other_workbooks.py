"""The rows of workbooks that stand in memory as a whole while they are read: xls, xlsb and ods."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any

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
        raise ValueError from fault


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
