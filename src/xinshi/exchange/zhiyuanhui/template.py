"""The honorary template of 志愿汇, filled in: every cell is text, as the platform wants it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import xlsxwriter

from xinshi.documents.workbook import neutralised
from xinshi.exchange.domain import tenths_text
from xinshi.exchange.zhiyuanhui.columns import TEMPLATE_HEADERS, TEMPLATE_NOTE, TEMPLATE_SHEET, TEMPLATE_TITLE

WIDTHS: Final = (8, 16, 26, 16, 48)
TITLE_ROW, NOTE_ROW, HEADER_ROW = 0, 1, 2


def filled_template(rows: Iterable[tuple[str, str, int, str]], *, made_at: datetime) -> bytes:
    """The file for (name, volunteer number, tenths of an hour, reason); the same rows and moment give the same bytes."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    sheet = book.add_worksheet(TEMPLATE_SHEET)
    text, strong = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bold": True})
    last = len(TEMPLATE_HEADERS) - 1
    sheet.merge_range(TITLE_ROW, 0, TITLE_ROW, last, TEMPLATE_TITLE, strong)
    sheet.merge_range(NOTE_ROW, 0, NOTE_ROW, last, TEMPLATE_NOTE, text)
    for column, header in enumerate(TEMPLATE_HEADERS):
        sheet.write_string(HEADER_ROW, column, header, strong)
        sheet.set_column(column, column, WIDTHS[column])
    for index, (name, number, tenths, reason) in enumerate(rows, start=1):
        for column, cell in enumerate((str(index), name, number, tenths_text(tenths), reason)):
            sheet.write_string(HEADER_ROW + index, column, neutralised(cell), text)
    book.close()
    return stream.getvalue()
