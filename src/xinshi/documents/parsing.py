"""Parses one workbook in a process of its own, within limits of memory and time, and prints it as JSON.

A few hundred bytes of a workbook can claim a million columns, or one long text in a million cells. No count made beforehand
sees all of that, so the parser may fail alone: `sheets.py` starts `python -m xinshi.documents.parsing`, hands it the file on
standard input and reads the answer. Nothing of the site is loaded here.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from datetime import date, datetime
from typing import Any, Final

from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

MEMORY_BYTES_MAX: Final = 448 * 1024 * 1024
CPU_SECONDS_MAX: Final = 20
SHEETS_MAX: Final = 50
MERGED_MAX: Final = 20_000
DAY, MOMENT = "d", "m"
"""Marks of dates in the answer: `["d", "2026-01-05"]`; other cells are plain text and numbers."""


def main() -> None:
    rows_max, columns_max, signs_max = (int(argument) for argument in sys.argv[1:4])
    data = sys.stdin.buffer.read()
    _limit_this_process()
    try:
        answer = _parse(data, rows_max, columns_max, signs_max)
    except PasswordError:
        answer = {"error": "encrypted"}
    except MemoryError:
        answer = {"error": "too_large"}
    except (CalamineError, ValueError, OSError):
        answer = {"error": "unreadable"}
    json.dump(answer, sys.stdout)


def _limit_this_process() -> None:
    """Where the platform knows such limits; the parent's time-out stands everywhere."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # Not on every platform.

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _parse(data: bytes, rows_max: int, columns_max: int, signs_max: int) -> dict[str, Any]:
    book = load_workbook(io.BytesIO(data))
    names = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    sheets = []
    for name in names[:SHEETS_MAX]:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > rows_max or sheet.total_width > columns_max:
            return {"error": "too_large"}
        rows = [[_plain(cell, signs_max) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = [[*start, *end] for start, end in (sheet.merged_cell_ranges or ())[:MERGED_MAX]]
        sheets.append({"name": name, "rows": rows, "merged": merged})
    return {"sheets": sheets}


def _plain(cell: object, signs_max: int) -> object:
    if isinstance(cell, datetime):
        return [MOMENT, cell.isoformat()]
    if isinstance(cell, date):
        return [DAY, cell.isoformat()]
    if isinstance(cell, bool | int | float):
        return cell
    return str(cell)[:signs_max]


if __name__ == "__main__":
    main()
