"""Measures, and what was reported in them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from xinshi.activities.models import Activity, Shift


class OutcomeMeasure(models.Model):
    """Something that is counted (成效指标), in its own unit. Never deleted: what was reported in it stays readable."""

    code = models.CharField(max_length=32, unique=True)
    name_en = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=60)
    unit_en = models.CharField(max_length=24)
    unit_zh = models.CharField(max_length=24)
    is_public = models.BooleanField(default=True)
    """Shown among the hospital's public figures."""
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "outcome_measure"
        constraints = [
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name_zh="") & ~Q(unit_zh=""), name="outcome_measure_named"
            )
        ]


class OutcomeReport(models.Model):
    """A figure that was reported. Written once: a correction is a newer row that `corrects` the older and says why.

    The figure that counts is the row that no other corrects. `on_day` is the hospital's day of the service.
    """

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="outcomes", db_index=False)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="outcomes", db_index=False)
    measure = models.ForeignKey(OutcomeMeasure, on_delete=models.PROTECT, related_name="reports", db_index=False)
    amount = models.PositiveBigIntegerField()
    on_day = models.DateField()
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="corrected_by")
    reason = models.CharField(max_length=300, blank=True, default="")
    reported_at = models.DateTimeField()
    reported_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "outcome_report"
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "measure"],
                condition=Q(corrects=None, shift=None),
                name="outcome_report_once_activity",
            ),
            models.UniqueConstraint(
                fields=["shift", "measure"], condition=Q(corrects=None, shift__isnull=False), name="outcome_report_once"
            ),
            models.CheckConstraint(condition=Q(amount__lte=1_000_000_000), name="outcome_report_amount"),
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(reason=""), name="outcome_report_correction_says_why"
            ),
            models.CheckConstraint(condition=Q(corrects=None) | ~Q(corrects=F("id")), name="outcome_report_not_itself"),
        ]
        indexes = [
            models.Index(fields=["activity", "measure"], name="outcome_report_activity"),
            models.Index(fields=["on_day"], name="outcome_report_day"),
        ]
