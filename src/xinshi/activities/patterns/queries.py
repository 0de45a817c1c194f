"""Reads of patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xinshi.activities.models import ActivityPattern

PATTERNS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class PatternLine:
    """`times` are the shifts as people read them, such as 08:30–10:30."""

    id: int
    name: str
    place: str
    category: str
    times: list[str]
    days: int
    places: int
    times_used: int


def patterns() -> list[PatternLine]:
    """Templates that are offered, those used most first. One query."""
    rows = ActivityPattern.objects.filter(is_active=True).order_by("-times_used", "name")[:PATTERNS_SHOWN]
    return [_line(row) for row in rows]


def _line(row: ActivityPattern) -> PatternLine:
    shifts = row.plan["shifts"]
    return PatternLine(
        id=row.pk,
        name=row.name,
        place=row.plan["place"],
        category=row.plan["category"],
        times=list(dict.fromkeys(f"{shift['starts']}–{shift['ends']}" for shift in shifts))[:6],
        days=1 + max(shift["day"] for shift in shifts),
        places=sum(shift["places"] for shift in shifts),
        times_used=row.times_used,
    )
