"""Pure rules of forgotten check-outs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from xinshi.attendance.domain import Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The hospital's settings of presence; the defaults hold until a coordinator changes them."""

    early_minutes: int = 60
    grace_minutes: int = 120
    closes: str = "shift_end"
    offline_hours: int = 48

    @property
    def early(self) -> timedelta:
        return timedelta(minutes=self.early_minutes)

    @property
    def grace(self) -> timedelta:
        return timedelta(minutes=self.grace_minutes)


DEFAULTS: Final = Settings()


def closing_moment(
    *, came_at: datetime, shift_end: datetime, last_seen: datetime | None, others: Iterable[Stretch], closes: str
) -> datetime | None:
    """When a person whose check-out was forgotten left, by rule; None where that is not a minute after they came.

    `shift_end`: the end of the shift. `last_seen`: their last scan after coming, within the shift; without one they were
    seen only when they came. Never beyond the shift, and never into another service of theirs (`others`).
    """
    moment = shift_end if closes == "shift_end" else min(last_seen or came_at, shift_end)
    nexts = [start for start, _end in others if came_at <= start < moment]
    moment = min([moment, *nexts])
    return moment if moment - came_at >= timedelta(minutes=1) else None
