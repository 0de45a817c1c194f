"""The least presence that the policy asks for, applied to stored records (云南: 60 % of the scheduled time)."""

from __future__ import annotations

from collections.abc import Iterable

from xinshi.attendance.domain import is_too_short
from xinshi.attendance.models import ServiceRecord
from xinshi.bank.timeline import Timeline
from xinshi.kernel import clock


def min_percent(row: ServiceRecord, policies: Timeline) -> int:
    """The least share of the scheduled time by the policy of the day of service; 0 where it asks for none."""
    return policies.on(clock.local_day(row.checked_in_at)).rules.presence_min_percent


def too_short(row: ServiceRecord, policies: Timeline) -> bool:
    """True where a record is too short for any hours; a record that is still open is not judged."""
    if row.credited_minutes is None:
        return False
    return is_too_short(row.credited_minutes, row.scheduled_minutes, min_percent=min_percent(row, policies))


def too_short_among(rows: Iterable[ServiceRecord], policies: Timeline) -> frozenset[int]:
    """Ids of the records that are too short for any hours."""
    if not any(policy.rules.presence_min_percent for policy in policies.policies):
        return frozenset()
    return frozenset(row.pk for row in rows if too_short(row, policies))
