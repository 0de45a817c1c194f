"""The tables of the book. Transfers, entries and seals are never updated or deleted: triggers refuse it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from xinshi.ledger.domain import AccountKind
from xinshi.vault.fields import EncryptedTextField


class Account(models.Model):
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in AccountKind])
    owner_ref = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_account"
        constraints = [models.UniqueConstraint(fields=["kind", "owner_ref"], name="ledger_account_owner")]


class Balance(models.Model):
    """Of bounded accounts only: posted and held minutes, the floor, and the number of entries so far."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="balance")
    posted = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)

    class Meta:
        db_table = "ledger_balance"
        constraints = [
            models.CheckConstraint(condition=Q(held__gte=0), name="ledger_balance_held"),
            models.CheckConstraint(condition=Q(posted__gte=F("floor") + F("held")), name="ledger_balance_floor"),
        ]


class Hold(models.Model):
    """Minutes set aside for a later capture."""

    class State(models.TextChoices):
        OPEN = "open"
        CAPTURED = "captured"
        RELEASED = "released"
        EXPIRED = "expired"

    key = models.CharField(max_length=120, unique=True)
    payload_hash = models.CharField(max_length=32)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    to = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    minutes = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    expires_at = models.DateTimeField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    actor_ref = models.CharField(max_length=64)
    memo = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "ledger_hold"
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gt=0), name="ledger_hold_minutes"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="ledger_hold_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "expires_at"], condition=Q(state="open"), name="ledger_hold_open"),
        ]


class Transfer(models.Model):
    """Minutes that moved from `debit` to `credit`: balanced by construction."""

    key = models.CharField(max_length=120, unique=True)
    payload_hash = models.CharField(max_length=32)
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    minutes = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    worked_on = models.DateField()
    posted_at = models.DateTimeField()
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, null=True, related_name="transfer")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")
    group_id = models.CharField(max_length=64, blank=True)
    actor_ref = models.CharField(max_length=64)
    memo = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "ledger_transfer"
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gt=0), name="ledger_transfer_minutes"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="ledger_transfer_two"),
        ]


class Entry(models.Model):
    """One line of a bounded account's statement."""

    pk = models.CompositePrimaryKey("account", "seq")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()

    class Meta:
        db_table = "ledger_entry"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_amount"),
            models.CheckConstraint(condition=Q(seq__gt=0), name="ledger_entry_seq"),
        ]


class Seal(models.Model):
    """A hash over the transfers from `from_id` to `to_id`, chained to the seal before it."""

    n = models.BigIntegerField(primary_key=True)
    from_id = models.BigIntegerField(unique=True)
    to_id = models.BigIntegerField(unique=True)
    rows = models.BigIntegerField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()
    root = models.CharField(max_length=64, blank=True, default="", db_default="")
    """Merkle root over the rows; empty in a seal of format 1, which hashed the rows themselves."""
    history = models.CharField(max_length=64, blank=True, default="", db_default="")
    """Merkle root over every seal before this one; empty in a seal of format 1."""

    class Meta:
        db_table = "ledger_seal"
        constraints = [
            models.CheckConstraint(
                condition=Q(root="", history="") | (~Q(root="") & ~Q(history="")), name="ledger_seal_format"
            ),
            models.CheckConstraint(condition=Q(to_id__gte=F("from_id")), name="ledger_seal_range"),
            models.CheckConstraint(condition=Q(rows__gt=0), name="ledger_seal_rows"),
        ]


class SealNode(models.Model):
    """A whole node of the growing tree over all seals, at its place in the order of making (`proof.merkle`)."""

    position = models.BigIntegerField(primary_key=True)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_seal_node"
        constraints = [models.CheckConstraint(condition=Q(position__gte=0), name="ledger_seal_node_position")]


class SigningKey(models.Model):
    """The bank's own key pair (Ed25519), made once; the private half is sealed by the vault, the public one published."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    public_key = models.CharField(max_length=64, unique=True)
    private_key = EncryptedTextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_signing_key"


class Reconciliation(models.Model):
    """That the whole book was reconciled, and what was found; appended, never changed."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    ok = models.BooleanField()
    first_difference = models.CharField(max_length=400, blank=True)
    checks = models.PositiveSmallIntegerField()
    transfers = models.BigIntegerField()
    seal_n = models.BigIntegerField()
    seal_hash = models.CharField(max_length=64, blank=True)
    actor_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_reconciliation"
        constraints = [
            models.CheckConstraint(
                condition=Q(ok=True, first_difference="") | (Q(ok=False) & ~Q(first_difference="")),
                name="ledger_reconciliation_says_what",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__gte=F("started_at")), name="ledger_reconciliation_takes_time"
            ),
        ]

    @property
    def seconds(self) -> float:
        """How long it took, to a tenth."""
        return round((self.finished_at - self.started_at).total_seconds(), 1)


class ReconciliationClaim(models.Model):
    """Who reconciles right now, at most one; a claim that was not renewed for a while is that of a dead process."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    claimed_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=96)

    class Meta:
        db_table = "ledger_reconciliation_claim"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_reconciliation_claim_one")]
