"""The in-app inbox."""

from __future__ import annotations

from django.db import models


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
