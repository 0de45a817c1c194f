"""Passbooks, deposits, policy."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xinshi.kernel.codes import HoursKind
from xinshi.people.models import Person


class PolicyVersion(models.Model):
    """The bank's rules from a day on. Written by one administrator, put in force by another; never edited afterwards."""

    number = models.PositiveIntegerField(unique=True)
    effective_from = models.DateField(null=True)
    star_thresholds_minutes = models.JSONField()
    approval_levels = models.PositiveSmallIntegerField(default=1)
    note = models.CharField(max_length=400, blank=True, default="")
    proposed_by_ref = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    enforced_by_ref = models.CharField(max_length=64, blank=True, default="")
    enforced_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "policy_version"
        constraints = [
            models.CheckConstraint(condition=Q(approval_levels__in=[1, 2]), name="policy_approval_levels"),
            models.CheckConstraint(
                condition=Q(enforced_at=None, enforced_by_ref="", effective_from=None)
                | (Q(enforced_at__isnull=False, effective_from__isnull=False) & ~Q(enforced_by_ref="")),
                name="policy_enforced_by_whom",
            ),
        ]


class Passbook(models.Model):
    """A person's account at the time bank (存折)."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        FROZEN = "frozen", _("Frozen")
        CLOSED = "closed", _("Closed")

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="passbook")
    number = models.CharField(max_length=16, unique=True)
    account_id = models.BigIntegerField(unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    certified_minutes = models.BigIntegerField(default=0)
    star_level = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    opened_through = models.CharField(max_length=32)
    state_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    """Why it is frozen or closed; the person reads it."""

    class Meta:
        db_table = "passbook"
        constraints = [
            models.CheckConstraint(condition=Q(certified_minutes__gte=0), name="passbook_certified"),
            models.CheckConstraint(condition=Q(star_level__gte=0) & Q(star_level__lte=5), name="passbook_star_level"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "active", "frozen", "closed"]), name="passbook_state_known"
            ),
        ]
        indexes = [models.Index(fields=["-certified_minutes", "id"], name="passbook_certified_rank")]


class Deposit(models.Model):
    """Hours that were put into a passbook: once per source, never changed, never deleted (triggers refuse it)."""

    class Kind(models.TextChoices):
        VERIFIED = HoursKind.VERIFIED.value, _("Verified hours")
        HONORARY = HoursKind.HONORARY.value, _("Honorary hours")

    passbook = models.ForeignKey(Passbook, on_delete=models.PROTECT, related_name="deposits", db_index=False)
    transfer_id = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    category = models.CharField(max_length=4)
    title = models.CharField(max_length=120)
    organizer = models.CharField(max_length=100, blank=True)
    raw_minutes = models.PositiveIntegerField()
    credited_minutes = models.PositiveIntegerField()
    worked_on = models.DateField()
    source_ref = models.CharField(max_length=64, unique=True)
    approved_by_ref = models.CharField(max_length=64)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    memo = models.CharField(max_length=200, blank=True)
    deposited_at = models.DateTimeField()

    class Meta:
        db_table = "deposit"
        constraints = [
            models.CheckConstraint(condition=Q(raw_minutes__gt=0) & Q(credited_minutes__gt=0), name="deposit_minutes"),
            models.CheckConstraint(condition=Q(kind__in=["verified", "honorary"]), name="deposit_kind"),
        ]
        indexes = [
            models.Index(fields=["passbook", "-worked_on", "-id"], name="deposit_of_passbook"),
            models.Index(fields=["worked_on", "id"], name="deposit_worked_on"),
        ]


class DepositReversal(models.Model):
    """That a deposit was taken back, by a linked reversal in the ledger; once."""

    deposit = models.OneToOneField(Deposit, on_delete=models.PROTECT, related_name="reversal")
    transfer_id = models.BigIntegerField(unique=True)
    reason = models.CharField(max_length=300)
    reversed_by_ref = models.CharField(max_length=64)
    reversed_at = models.DateTimeField()

    class Meta:
        db_table = "deposit_reversal"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="deposit_reversal_says_why")]
