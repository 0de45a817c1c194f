"""Deposits that may be a service which another source told already."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xinshi.bank.models import Deposit
from xinshi.people.models import Person


class OverlapReview(models.Model):
    """One doubtful deposit: its minutes are set aside until a person accepts or discards it.

    `other_ref` is the service that was known: `deposit:ID` or `exchange-line:ID`. `hold_id` is the ledger's hold; None where
    the minutes had been spent before anybody could set them aside.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        ACCEPTED = "accepted", _("Accepted")
        DISCARDED = "discarded", _("Discarded")

    deposit = models.OneToOneField(Deposit, on_delete=models.PROTECT, related_name="overlap_review")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other_ref = models.CharField(max_length=64)
    why = models.CharField(max_length=20)
    held_minutes = models.PositiveIntegerField()
    hold_id = models.BigIntegerField(null=True)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decision_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "interbank_overlap"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "accepted", "discarded"]), name="interbank_overlap_state"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None, decision_reason="")
                | (~Q(state="waiting") & Q(decided_at__isnull=False) & ~Q(decision_reason="")),
                name="interbank_overlap_decided_says_why",
            ),
            models.CheckConstraint(
                condition=Q(hold_id=None, held_minutes=0) | Q(hold_id__isnull=False, held_minutes__gte=1),
                name="interbank_overlap_hold",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], condition=Q(state="waiting"), name="interbank_overlap_waiting")]
