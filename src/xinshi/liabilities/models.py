"""The monthly snapshot: what cannot be counted anew later, because ages and reservations go on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class LiabilitySnapshot(models.Model):
    """What the bank owed when a month began (as soon as the worker came by in it). Written once."""

    month = models.DateField(unique=True)
    taken_at = models.DateTimeField()
    outstanding_minutes = models.BigIntegerField()
    passbook_minutes = models.BigIntegerField()
    donation_only_minutes = models.BigIntegerField()
    group_minutes = models.BigIntegerField()
    pool_minutes = models.BigIntegerField()
    held_minutes = models.BigIntegerField()
    """Reserved for vouchers and the like; `notice_minutes` are those in public notice. Both are part of the passbooks'."""
    notice_minutes = models.BigIntegerField()
    by_age = models.JSONField()
    by_kind = models.JSONField()
    by_group = models.JSONField()

    class Meta:
        db_table = "liability_snapshot"
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="liability_snapshot_month"),
            models.CheckConstraint(
                condition=Q(
                    outstanding_minutes=F("passbook_minutes")
                    + F("donation_only_minutes")
                    + F("group_minutes")
                    + F("pool_minutes")
                ),
                name="liability_snapshot_adds_up",
            ),
        ]
