"""Parses one workbook in a process of its own, within limits of memory and time, and prints its rows as lines of JSON.

A few hundred bytes of a workbook can claim a million columns, or one long text in a million cells. No count made beforehand
sees all of that, so the parser may fail alone: `sheets.py` starts `python -m xinshi.documents.parsing`, hands it the file on
standard input and reads the answer. Nothing of the site is loaded here.

The answer: `{"sheet": name, "merged": areas}`, then that sheet's rows by the hundred, `[[cell, …], …]`; at the very end
`{"end": true}`, or `{"error": code}` wherever reading came to its end.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

from xinshi.documents.cleaning import CELL_SIGNS_MAX, Cleaner, clean_text, exact_number

MEMORY_BYTES_MAX: Final = 103 * 1024 * 1024
"""Of address space: some 20 MiB are mapped and never used. A table of 100,000 rows and six columns needs 100 MiB."""
CPU_SECONDS_MAX: Final = 20
SHEETS_MAX: Final = 50
MERGED_MAX: Final = 20_000
ROWS_AT_ONCE: Final = 500
SIGNS_AT_ONCE: Final = 4 * 1024 * 1024
DAY, MOMENT = "d", "m"
"""Marks of dates in the answer: `["d", "2026-01-05"]`; other cells are clean text."""


def main() -> None:
    rows_max, columns_max = (int(argument) for argument in sys.argv[1:3])
    data = sys.stdin.buffer.read()
    _limit_this_process()
    try:
        for part in _parse(data, rows_max, columns_max):
            _say(part)
        _say({"end": True})
    except PasswordError:
        _say({"error": "encrypted"})
    except MemoryError:
        _say({"error": "too_large"})
    except (CalamineError, ValueError, OSError):
        _say({"error": "unreadable"})


def _say(part: object) -> None:
    sys.stdout.write(json.dumps(part, ensure_ascii=False, separators=(",", ":")) + "\n")


def _limit_this_process() -> None:
    """Where the platform knows such limits; the parent's time-out stands everywhere."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # Not on every platform.

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _parse(data: bytes, rows_max: int, columns_max: int) -> Iterator[Any]:
    book = load_workbook(io.BytesIO(data))
    names = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    clean = Cleaner()
    for name in names[:SHEETS_MAX]:
        sheet = book.get_sheet_by_name(name)
        last_row, last_column = sheet.end or (-1, -1)
        if last_row >= rows_max or last_column >= columns_max:
            raise MemoryError
        yield {
            "sheet": name,
            "merged": [[*start, *end] for start, end in (sheet.merged_cell_ranges or ())[:MERGED_MAX]],
        }
        rows: list[list[Any]] = []
        signs = 0
        for row in sheet.iter_rows():  # From the first row and column of the sheet on, whatever stands there.
            cells = [clean(cell) if type(cell) is str else _plain(cell) for cell in row]
            rows.append(cells)
            signs += sum(map(len, cells))
            if len(rows) >= ROWS_AT_ONCE or signs > SIGNS_AT_ONCE:
                yield rows
                rows, signs = [], 0
        if rows:
            yield rows


def _plain(cell: object) -> str | list[str]:
    if isinstance(cell, datetime):
        return [MOMENT, cell.isoformat()]
    if isinstance(cell, date):
        return [DAY, cell.isoformat()]
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return exact_number(cell)
    return clean_text(str(cell)[:CELL_SIGNS_MAX])


if __name__ == "__main__":
    main()
