"""The in-app inbox, texts on their way to phones, one-time codes, how often something was asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from xinshi.vault.fields import EncryptedTextField


class Message(models.Model):
    """A sentence to one person: an English message id with parameters, translated when it is read."""

    recipient_ref = models.CharField(max_length=64)
    text = models.CharField(max_length=400)
    parameters = models.JSONField(default=dict)
    object_ref = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=128, unique=True)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "message"
        indexes = [models.Index(fields=["recipient_ref", "-id"], name="message_recipient")]


class OutgoingText(models.Model):
    """A text on its way to a phone. `text` is emptied once it is sent or given up, unless the gateway is for developing."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    to = EncryptedTextField(blank=True, default="")
    shown_to = models.CharField(max_length=32)
    """The masked phone, for the page of those who look after sending."""
    text = EncryptedTextField(blank=True, default="")
    purpose = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    useless_from = models.DateTimeField()
    """When it need not arrive any more: a code has run out."""
    last_error = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outgoing_text"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None)
                | (Q(state__in=["sent", "failed"]) & Q(ended_at__isnull=False)),
                name="outgoing_text_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="outgoing_text_due"),
        ]


class OneTimeCode(models.Model):
    """A code that was sent to a phone: only its keyed digest is stored, and it proves the phone once."""

    purpose = models.CharField(max_length=32)
    phone = EncryptedTextField()
    digest = models.CharField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True)
    spent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "one_time_code"
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="one_time_code_tries"),
            models.CheckConstraint(
                condition=Q(spent_at=None) | Q(proved_at__isnull=False), name="one_time_code_spent_after_proof"
            ),
        ]


class AskedTimes(models.Model):
    """When something was asked lately, one row per what is counted; the row is the lock of who counts."""

    key = models.CharField(max_length=64, primary_key=True)
    times = models.JSONField(default=list)
    """Seconds since 1970, oldest first; never more than the limit."""
    last_at = models.DateTimeField()

    class Meta:
        db_table = "asked_times"
