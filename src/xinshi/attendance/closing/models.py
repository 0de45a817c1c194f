"""The hospital's settings of presence: one row, or none where nothing was ever changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class PresenceSettings(models.Model):
    """How early one may come, when a forgotten check-out is closed and at what time, how late an offline scan may come."""

    class Closes(models.TextChoices):
        SHIFT_END = "shift_end"
        LAST_SEEN = "last_seen"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    early_minutes = models.PositiveSmallIntegerField(default=60)
    grace_minutes = models.PositiveSmallIntegerField(default=120)
    closes = models.CharField(max_length=9, choices=Closes.choices, default=Closes.SHIFT_END)
    offline_hours = models.PositiveSmallIntegerField(default=48)
    changed_at = models.DateTimeField()
    changed_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "presence_settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="presence_settings_one_row"),
            models.CheckConstraint(condition=Q(closes__in=["shift_end", "last_seen"]), name="presence_settings_closes"),
            models.CheckConstraint(
                condition=Q(early_minutes__lte=240, grace_minutes__lte=720, offline_hours__lte=168),
                name="presence_settings_bounded",
            ),
        ]
