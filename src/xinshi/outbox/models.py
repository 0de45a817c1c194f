"""Events and their deliveries."""

from __future__ import annotations

from django.db import models


class StoredEvent(models.Model):
    """An event as it was published; never changed."""

    name = models.CharField(max_length=64)
    payload = models.TextField()
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "outbox_event"


class Delivery(models.Model):
    """One event on its way to one listener."""

    class State(models.TextChoices):
        DUE = "due"
        DONE = "done"
        GIVEN_UP = "given_up"

    event = models.ForeignKey(StoredEvent, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    listener = models.CharField(max_length=128)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "outbox_delivery"
        constraints = [
            models.UniqueConstraint(fields=["event", "listener"], name="outbox_delivery_once"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="due"), name="outbox_delivery_due"),
        ]


class Heartbeat(models.Model):
    """When a worker was last seen at work."""

    worker = models.CharField(max_length=100, primary_key=True)
    beat_at = models.DateTimeField()

    class Meta:
        db_table = "worker_heartbeat"
