"""Spreadsheets that leave the house: every cell is text or a number, and no cell can start a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import xlsxwriter

from xinshi.kernel.clock import HOSPITAL_ZONE

Cell = str | int | Decimal | date | datetime | None
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
WIDTH_MAX: Final = 48
XLSX_CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def neutralised(text: str) -> str:
    """`text` so that no spreadsheet program takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_workbook(
    *,
    sheet_name: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    preamble: Sequence[str] = (),
) -> bytes:
    """An xlsx file: `preamble` lines, the header row, the rows. Text stays text: long numbers keep their digits."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    sheet = book.add_worksheet(sheet_name[:31])
    strong, text_format = book.add_format({"bold": True, "bg_color": "#E6F0EE"}), book.add_format({"num_format": "@"})
    widths = [len(header) * 2 for header in headers]
    for row_index, line in enumerate(preamble):
        sheet.write_string(row_index, 0, neutralised(line))
    for column, header in enumerate(headers):
        sheet.write_string(len(preamble), column, neutralised(header), strong)
    for row_index, row in enumerate(rows, start=len(preamble) + 1):
        for column, cell in enumerate(row):
            if isinstance(cell, int | Decimal) and not isinstance(cell, bool):
                sheet.write_number(row_index, column, cell)
                continue
            text = cell_text(cell)
            sheet.write_string(row_index, column, neutralised(text), text_format)
            if column < len(widths):
                widths[column] = max(widths[column], _display_width(text))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, WIDTH_MAX))
    sheet.freeze_panes(len(preamble) + 1, 0)
    book.close()
    return stream.getvalue()


def write_csv(*, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A UTF-8 CSV file with a byte order mark, so that spreadsheet programs read the Chinese."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([neutralised(header) for header in headers])
    for row in rows:
        writer.writerow([cell if isinstance(cell, int | Decimal) else neutralised(cell_text(cell)) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def cell_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell.astimezone(HOSPITAL_ZONE):%Y-%m-%d %H:%M:%S}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _display_width(text: str) -> int:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
