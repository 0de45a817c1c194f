"""Days, times and hours as people read them, in the reader's language: on pages, in refusals, in answers to programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.utils.translation import get_language, ngettext

from xinshi.kernel import clock
from xinshi.kernel.minutes import MINUTES_PER_HOUR, hours_figure

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


def time_text(value: datetime | None) -> str:
    """`14:30`."""
    return NOTHING if value is None else f"{value.astimezone(clock.HOSPITAL_ZONE):%H:%M}"


def moment_text(value: datetime | None) -> str:
    """`2026年11月22日（周日）14:30`, `Sun 22 Nov 2026, 14:30`."""
    if value is None:
        return NOTHING
    between = "" if is_chinese() else ", "
    return f"{day_text(value)}{between}{time_text(value)}"


def hours_text(minutes: int | None) -> str:
    """`12.5 小时`, `12.5 hours`, `1 hour`."""
    if minutes is None:
        return NOTHING
    return ngettext("%(figure)s hour", "%(figure)s hours", hours_count(minutes)) % {"figure": hours_figure(minutes)}


def hours_count(minutes: int) -> int:
    """1 where the figure of these hours is followed by one `hour`, else 2: `0.5 hours`, `1 hour`, `1.5 hours`."""
    return 1 if abs(minutes) == MINUTES_PER_HOUR else 2
