"""Patterns of activities."""

from __future__ import annotations

from django.db import models


class ActivityPattern(models.Model):
    """Everything of an activity but its dates: shifts are kept as days after the first, with their clock times."""

    name = models.CharField(max_length=80, unique=True)
    plan = models.JSONField()
    """`patterns.domain.to_plan`."""
    made_at = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)
    times_used = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "activity_pattern"
