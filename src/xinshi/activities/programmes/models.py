"""The hospital's own days; programmes themselves stand with the room's tables."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class OwnDay(models.Model):
    """A day of every year that the hospital keeps, such as 护士节 on 12 May. Dropped by making it inactive."""

    name = models.CharField(max_length=40, unique=True)
    name_en = models.CharField(max_length=60, blank=True, default="")
    month = models.PositiveSmallIntegerField()
    day = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "own_day"
        constraints = [
            models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="own_day_month"),
            models.CheckConstraint(condition=Q(day__gte=1, day__lte=31), name="own_day_day"),
        ]
