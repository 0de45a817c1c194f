"""Numbers of a workbook that are dates: known by the format of their cell (ECMA-376 part 1, 18.8.30 and 18.17.4)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from xinshi.documents.cleaning import exact_number

DAY, MOMENT = "d", "m"
"""Marks of dates in the parser's answer: `["d", "2026-01-05"]`; other cells are clean text."""
DAYS_BEFORE_1904: Final = 1_462
"""Between the first day of most workbooks and that of workbooks which count from 1904."""
LAST_DAY: Final = 2_958_466
"""The number of the day after 9999-12-31."""
FIRST_DAY: Final = datetime(1899, 12, 31)  # noqa: DTZ001  # A cell knows no zone.
LEAP_DAY_OF_1900: Final = 60
"""Lotus counted a 29 February 1900, and everybody after it does."""
DAY_MILLISECONDS: Final = 86_400_000
DURATION_DAYS_MAX: Final = 3_660_000
NOT_MEANT: Final = re.compile(r'"[^"]*"?|[\\_*].?|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
"""Of a format: what is quoted, what is escaped or only spaced, and brackets with colours, conditions and languages."""
ELAPSED: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
DATED: Final = re.compile(r"[dmyhs]", re.IGNORECASE)


class Meaning(Enum):
    """What a number is to people who see its cell."""

    MOMENT = "moment"
    DURATION = "duration"


BUILT_IN: Final = {
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), Meaning.MOMENT),
    46: Meaning.DURATION,
}
"""Formats that a workbook names by their number only; 27 to 36 and 50 to 58 are dates as the Chinese write them."""


def meaning_of(code: str) -> Meaning | None:
    """What a number in this format is; None for a plain figure. Its first section, for positive numbers, decides."""
    section = NOT_MEANT.sub("", code).partition(";")[0]
    if ELAPSED.search(section):
        return Meaning.DURATION
    return Meaning.MOMENT if DATED.search(section) else None


def dated(value: float, meaning: Meaning, *, from_1904: bool) -> str | list[str]:
    """A day, a moment to the millisecond, a time of day or a length of time; plain text where no calendar has it."""
    if not 0 <= value < DURATION_DAYS_MAX:
        return exact_number(value)
    if meaning is Meaning.DURATION:
        return str(timedelta(milliseconds=_milliseconds(value)))
    if value < 1:
        return str((FIRST_DAY + timedelta(milliseconds=_milliseconds(value))).time())
    days = value + (DAYS_BEFORE_1904 if from_1904 else 0)
    if days >= LAST_DAY:
        return exact_number(value)
    first = FIRST_DAY if days < LEAP_DAY_OF_1900 else FIRST_DAY - timedelta(days=1)
    try:
        moment = first + timedelta(milliseconds=_milliseconds(days))
    except OverflowError:  # The last millisecond of all, rounded up.
        return exact_number(value)
    return [DAY, moment.date().isoformat()] if value.is_integer() else [MOMENT, moment.isoformat()]


def _milliseconds(days: float) -> int:
    return int(days * DAY_MILLISECONDS + 0.5)
