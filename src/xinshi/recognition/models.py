"""Promotions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from xinshi.people.models import Person


class StarPromotion(models.Model):
    """A person reached a star level; once per level, never taken back."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="star_promotions")
    passbook_id = models.BigIntegerField()
    level = models.PositiveSmallIntegerField()
    promoted_at = models.DateTimeField()
    certified_minutes = models.PositiveBigIntegerField()
    policy_number = models.PositiveIntegerField()

    class Meta:
        db_table = "star_promotion"
        constraints = [
            models.UniqueConstraint(fields=["person", "level"], name="star_promotion_once"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=5), name="star_promotion_level"),
        ]
        indexes = [models.Index(fields=["-promoted_at"], name="star_promotion_newest")]
