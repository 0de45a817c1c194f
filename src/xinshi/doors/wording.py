"""Days as people read them, in the reader's language: on pages, in refusals, in answers to programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.utils.translation import get_language

from xinshi.kernel import clock

NOTHING: Final = "–"
CHINESE_WEEKDAYS: Final = "一二三四五六日"
ENGLISH_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ENGLISH_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_chinese() -> bool:
    """True where the reader's language is Chinese."""
    return (get_language() or "zh").startswith("zh")


def day_of(value: date | datetime) -> date:
    """The hospital's day of a moment; a day stays itself."""
    return clock.local_day(value) if isinstance(value, datetime) else value


def day_text(value: date | datetime | None) -> str:
    """`2026年11月22日（周日）`, `Sun 22 Nov 2026`."""
    if value is None:
        return NOTHING
    day = day_of(value)
    if is_chinese():
        return f"{day.year}年{day.month}月{day.day}日（{weekday_text(day)}）"
    return f"{weekday_text(day)} {day.day} {month_text(day)} {day.year}"


def month_text(day: date) -> str:
    """`11月`, `Nov`."""
    return f"{day.month}月" if is_chinese() else ENGLISH_MONTHS[day.month - 1]


def weekday_text(day: date) -> str:
    """`周三`, `Wed`."""
    return f"周{CHINESE_WEEKDAYS[day.weekday()]}" if is_chinese() else ENGLISH_WEEKDAYS[day.weekday()]
