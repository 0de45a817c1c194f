"""Passbooks, deposits, policy."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.bank.crediting import Why, why_from_text
from xinshi.bank.erasing.models import ErasureRequest
from xinshi.bank.merging.models import MergeProposal, NotDuplicates
from xinshi.bank.registration.models import ClosingWish
from xinshi.bank.rules import Rules
from xinshi.kernel.codes import HoursKind
from xinshi.people.models import Person

__all__ = [
    "ClosingWish",
    "Deposit",
    "DepositReversal",
    "ErasureRequest",
    "MergeProposal",
    "NotDuplicates",
    "Passbook",
    "PolicyVersion",
    "StatementIssue",
]


class PolicyVersion(models.Model):
    """The bank's rules from a day on. Written by one administrator, put in force by another; never edited afterwards."""

    number = models.PositiveIntegerField(unique=True)
    effective_from = models.DateField(null=True)
    rules = models.JSONField()
    """Every rule by its name; see `bank.rules.Rules`."""
    note = models.CharField(max_length=400, blank=True, default="")
    proposed_by_ref = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    enforced_by_ref = models.CharField(max_length=64, blank=True, default="")
    enforced_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "policy_version"
        constraints = [
            models.CheckConstraint(
                condition=Q(enforced_at=None, enforced_by_ref="", effective_from=None)
                | (Q(enforced_at__isnull=False, effective_from__isnull=False) & ~Q(enforced_by_ref="")),
                name="policy_enforced_by_whom",
            ),
        ]

    @property
    def says(self) -> Rules:
        """The rules as a value."""
        return Rules.from_json(self.rules)


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
    verified_minutes = models.BigIntegerField(default=0, db_default=0)
    """Those of the certified minutes that are verified hours (信用时数); a star may ask for a share of them."""
    star_level = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    opened_through = models.CharField(max_length=32)
    state_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    """Why it is frozen or closed; the person reads it."""
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="former_passbooks")
    """The passbook in which this one's hours count on, since two records turned out to be one person."""

    class Meta:
        db_table = "passbook"
        constraints = [
            models.CheckConstraint(condition=Q(certified_minutes__gte=0), name="passbook_certified"),
            models.CheckConstraint(
                condition=Q(verified_minutes__gte=0, verified_minutes__lte=F("certified_minutes")),
                name="passbook_verified",
            ),
            models.CheckConstraint(condition=Q(star_level__gte=0) & Q(star_level__lte=5), name="passbook_star_level"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "active", "frozen", "closed"]), name="passbook_state_known"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | (Q(state="closed") & ~Q(merged_into=F("id"))),
                name="passbook_merged_is_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["person"], condition=Q(state="pending"), name="passbook_pending"),
        ]


class Deposit(models.Model):
    """Hours that were put into a passbook: once per source, never changed, never deleted (triggers refuse it).

    `raw_minutes` were served and certified; `credited_minutes` are what the policy made of them, `donation_minutes` of
    which can only be donated. `why` names the rules that made the difference, see `crediting.why_text`.
    """

    class Kind(models.TextChoices):
        VERIFIED = HoursKind.VERIFIED.value, _("Verified hours")
        HONORARY = HoursKind.HONORARY.value, _("Honorary hours")

    passbook = models.ForeignKey(Passbook, on_delete=models.PROTECT, related_name="deposits", db_index=False)
    transfer_id = models.BigIntegerField(unique=True, null=True)
    """What went into the balance; None where the policy left nothing for it."""
    donation_transfer_id = models.BigIntegerField(unique=True, null=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    category = models.CharField(max_length=4)
    title = models.CharField(max_length=120)
    organizer = models.CharField(max_length=100, blank=True)
    raw_minutes = models.PositiveIntegerField()
    credited_minutes = models.PositiveIntegerField()
    donation_minutes = models.PositiveIntegerField(default=0, db_default=0)
    why = models.CharField(max_length=160, blank=True, default="", db_default="")
    worked_on = models.DateField()
    source_ref = models.CharField(max_length=64, unique=True)
    activity_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    partner = models.CharField(max_length=32, blank=True, default="", db_default="")
    """Through whose clearing account the hours came; empty for service at this hospital."""
    approved_by_ref = models.CharField(max_length=64)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    memo = models.CharField(max_length=200, blank=True)
    deposited_at = models.DateTimeField()

    class Meta:
        db_table = "deposit"
        constraints = [
            models.CheckConstraint(
                condition=Q(raw_minutes__gt=0, donation_minutes__lte=F("credited_minutes")), name="deposit_minutes"
            ),
            models.CheckConstraint(
                condition=Q(transfer_id=None, credited_minutes=F("donation_minutes"))
                | Q(transfer_id__isnull=False, credited_minutes__gt=F("donation_minutes")),
                name="deposit_main_part",
            ),
            models.CheckConstraint(
                condition=Q(donation_transfer_id=None, donation_minutes=0)
                | Q(donation_transfer_id__isnull=False, donation_minutes__gt=0),
                name="deposit_donation_part",
            ),
            models.CheckConstraint(condition=Q(kind__in=["verified", "honorary"]), name="deposit_kind"),
        ]
        indexes = [
            models.Index(fields=["passbook", "-worked_on", "-id"], name="deposit_of_passbook"),
            models.Index(fields=["worked_on", "id"], name="deposit_worked_on"),
        ]

    @property
    def transfer_ids(self) -> list[int]:
        """What was booked for it: into the balance, then what can only be donated; none where nothing was credited."""
        return [pk for pk in (self.transfer_id, self.donation_transfer_id) if pk is not None]

    @property
    def spendable_minutes(self) -> int:
        return self.credited_minutes - self.donation_minutes

    @property
    def reasons(self) -> Why:
        """Why the credited minutes are not the raw ones."""
        return why_from_text(self.why)


class DepositReversal(models.Model):
    """That a deposit was taken back, by a linked reversal in the ledger of each of its transfers; once."""

    deposit = models.OneToOneField(Deposit, on_delete=models.PROTECT, related_name="reversal")
    transfer_id = models.BigIntegerField(unique=True, null=True)
    donation_transfer_id = models.BigIntegerField(unique=True, null=True)
    reason = models.CharField(max_length=300)
    reversed_by_ref = models.CharField(max_length=64)
    reversed_at = models.DateTimeField()

    class Meta:
        db_table = "deposit_reversal"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="deposit_reversal_says_why")]


class StatementIssue(models.Model):
    """A statement 对账单 that was given out, with the figures that its number is a fingerprint of; never changed."""

    number = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    passbook = models.ForeignKey(Passbook, on_delete=models.PROTECT, related_name="+", db_index=False)
    year = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=8, blank=True)
    category = models.CharField(max_length=4, blank=True)
    last_seq = models.BigIntegerField()
    lines = models.PositiveIntegerField()
    in_minutes = models.BigIntegerField()
    out_minutes = models.BigIntegerField()
    available_minutes = models.BigIntegerField()
    held_minutes = models.BigIntegerField()
    certified_minutes = models.BigIntegerField()
    seal_n = models.BigIntegerField()
    seal_hash = models.CharField(max_length=64, blank=True)
    nonce = models.CharField(max_length=32)
    issued_at = models.DateTimeField()
    issued_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "passbook_statement"
        constraints = [
            models.CheckConstraint(
                condition=Q(seal_n=0, seal_hash="") | (Q(seal_n__gt=0) & ~Q(seal_hash="")), name="statement_seal"
            ),
            models.CheckConstraint(
                condition=Q(in_minutes__gte=0, out_minutes__gte=0, last_seq__gte=0, held_minutes__gte=0),
                name="statement_figures",
            ),
        ]
        indexes = [models.Index(fields=["passbook", "-issued_at"], name="statement_of_passbook")]
