"""Figures, days and times as people read them, in the reader's language and on the hospital's clock."""

from __future__ import annotations

from django.utils.translation import gettext

from xinshi.doors.wording import (
    NOTHING,
    day_of,
    day_text,
    hours_count,
    hours_text,
    moment_text,
    month_text,
    time_text,
    weekday_text,
)

__all__ = [
    "NOTHING",
    "day_of",
    "day_text",
    "hours_count",
    "hours_text",
    "moment_text",
    "month_text",
    "time_text",
    "weekday_text",
]


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
