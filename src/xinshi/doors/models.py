"""Answers kept by idempotency key."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """The answer to one write request; scoped to person, operation and payload."""

    scope = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    payload_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "idempotency_key"
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]
