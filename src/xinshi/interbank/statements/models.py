"""Statements that were issued, and the partners' own that were filed beside them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from xinshi.exchange.models import Partner


class BankStatement(models.Model):
    """One month with one bank, issued once and never changed. `document` is the signed text as it went out."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="statements")
    month = models.DateField()
    """Its first day."""
    number = models.CharField(max_length=16, unique=True)
    opening_minutes = models.BigIntegerField()
    in_minutes = models.BigIntegerField()
    in_count = models.PositiveIntegerField()
    out_minutes = models.BigIntegerField()
    out_count = models.PositiveIntegerField()
    correction_minutes = models.BigIntegerField()
    correction_count = models.PositiveIntegerField()
    closing_minutes = models.BigIntegerField()
    document = models.JSONField()
    issued_at = models.DateTimeField()
    issued_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "interbank_statement"
        constraints = [
            models.UniqueConstraint(fields=["partner", "month"], name="interbank_statement_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="interbank_statement_month"),
            models.CheckConstraint(
                condition=Q(
                    closing_minutes=F("opening_minutes") + F("in_minutes") - F("out_minutes") + F("correction_minutes")
                ),
                name="interbank_statement_adds_up",
            ),
        ]


class CounterStatement(models.Model):
    """The partner's own statement of the same month, as it was handed in; `differs` names figures that are not the same."""

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="counter_statements")
    document = models.JSONField()
    key_id = models.CharField(max_length=32)
    differs = models.JSONField(default=list)
    filed_at = models.DateTimeField()
    filed_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "interbank_counter_statement"
