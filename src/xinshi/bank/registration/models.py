"""Wishes to close an account."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ClosingWish(models.Model):
    """That somebody wants their account closed, what should become of their hours, and what came of it."""

    class Hours(models.TextChoices):
        """What becomes of the hours that are left."""

        KEEP = "keep"
        DONATE = "donate"
        LAPSE = "lapse"

    class Outcome(models.TextChoices):
        OPEN = ""
        CLOSED = "closed"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    passbook = models.ForeignKey("bank.Passbook", on_delete=models.PROTECT, related_name="closing_wishes")
    hours = models.CharField(max_length=6, choices=Hours.choices)
    note = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    ended_by_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "closing_wish"
        constraints = [
            models.UniqueConstraint(fields=["passbook"], condition=Q(outcome=""), name="closing_wish_one_open"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None, ended_by_ref="")
                | (~Q(outcome="") & Q(ended_at__isnull=False) & ~Q(ended_by_ref="")),
                name="closing_wish_ended_by_whom",
            ),
        ]
