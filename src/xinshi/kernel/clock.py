"""Time: aware UTC in the database, Asia/Shanghai for people."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOSPITAL_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day where the hospital stands."""
    return now().astimezone(HOSPITAL_ZONE).date()


def local_day(moment: datetime) -> date:
    """The hospital's day on which `moment` falls."""
    return moment.date() if moment.tzinfo is HOSPITAL_ZONE else moment.astimezone(HOSPITAL_ZONE).date()


def at_local(day: date, clock_time: time) -> datetime:
    """The moment, in UTC, when the hospital's clock shows `clock_time` on `day`."""
    return datetime.combine(day, clock_time, HOSPITAL_ZONE).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of `day` and the first moment after it."""
    start = at_local(day, time.min)
    return start, start + timedelta(days=1)


def whole_minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes from `start` to `end`, begun minutes not counted."""
    return int((end - start).total_seconds() // 60)


def day_from_text(text: str) -> date | None:
    """The day that `YYYY-MM-DD` names; None for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-24") else None
    except ValueError:
        return None
