"""Figures, days and times as people read them, in the reader's language and on the hospital's clock."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext

from xinshi.doors.wording import NOTHING, day_of, day_text, is_chinese, month_text, weekday_text
from xinshi.kernel import clock
from xinshi.kernel.minutes import hours_figure

__all__ = ["NOTHING", "day_of", "day_text", "hours_text", "moment_text", "month_text", "time_text", "weekday_text"]


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
    """`12.5 小时`, `12.5 hours`."""
    return NOTHING if minutes is None else gettext("%(figure)s hours") % {"figure": hours_figure(minutes)}


def star_text(level: int) -> str:
    """What a member with so many stars is called: `五星志愿者`."""
    names = (
        gettext("No star yet"),
        gettext("One-star volunteer"),
        gettext("Two-star volunteer"),
        gettext("Three-star volunteer"),
        gettext("Four-star volunteer"),
        gettext("Five-star volunteer"),
    )
    return names[level]
