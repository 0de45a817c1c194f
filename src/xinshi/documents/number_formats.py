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
CALENDAR: Final = re.compile(r"[dy]", re.IGNORECASE)


UNIT: Final = re.compile(r'[0#?]["\\\s]*(?:分钟?|min(?:ute)?s?|天|秒)(?![a-z])', re.IGNORECASE)
"""A figure whose cell shows a unit that nobody typed: minutes, days, seconds."""


class Meaning(Enum):
    """What a number is to people who see its cell."""

    MOMENT = "moment"
    CLOCK = "clock"
    """A time of day: its format shows neither day nor year."""
    DURATION = "duration"
    MINUTES = "分钟"
    DAYS = "天"
    SECONDS = "秒"
    """A figure with its unit, which belongs to what people see."""


UNITS: Final = frozenset({Meaning.MINUTES, Meaning.DAYS, Meaning.SECONDS})
BUILT_IN: Final = {
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), Meaning.MOMENT),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 47, 55, 56), Meaning.CLOCK),
    46: Meaning.DURATION,
}
"""Formats that a workbook names by their number only; 27 to 36 and 50 to 58 are dates as the Chinese write them."""


def meaning_of(code: str) -> Meaning | None:
    """What a number in this format is; None for a plain figure. Its first section, for positive numbers, decides."""
    if found := UNIT.search(code.partition(";")[0]):
        return Meaning.DAYS if "天" in found[0] else Meaning.SECONDS if "秒" in found[0] else Meaning.MINUTES
    section = NOT_MEANT.sub("", code).partition(";")[0]
    if ELAPSED.search(section):
        return Meaning.DURATION
    if CALENDAR.search(section):
        return Meaning.MOMENT
    return Meaning.CLOCK if DATED.search(section) else None


def dated(value: float, meaning: Meaning, *, from_1904: bool) -> str | list[str]:
    """A day, a moment to the millisecond, a time of day or a length of time; plain text where no calendar has it.

    Nought that is shown as the day 1900-01-00 is no day: an empty cell that a formula looked up.
    """
    if meaning in UNITS:
        return f"{exact_number(value)}{meaning.value}"
    if not 0 <= value < DURATION_DAYS_MAX:
        return exact_number(value)
    if meaning is Meaning.DURATION:
        return duration_text(timedelta(milliseconds=_milliseconds(value)))
    if value == 0 and meaning is Meaning.MOMENT:
        return ""
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


def duration_text(length: timedelta) -> str:
    """A length of time to the second, as its cell shows it: 26:30:00."""
    seconds = round(length.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _milliseconds(days: float) -> int:
    return int(days * DAY_MILLISECONDS + 0.5)
