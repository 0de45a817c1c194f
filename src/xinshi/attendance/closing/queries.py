"""Reads of the hospital's settings of presence."""

from __future__ import annotations

from xinshi.attendance.closing.domain import DEFAULTS, Settings
from xinshi.attendance.closing.models import PresenceSettings


def settings_in_force() -> Settings:
    row = PresenceSettings.objects.filter(pk=1).first()
    if row is None:
        return DEFAULTS
    return Settings(
        early_minutes=row.early_minutes,
        grace_minutes=row.grace_minutes,
        closes=row.closes,
        offline_hours=row.offline_hours,
    )
