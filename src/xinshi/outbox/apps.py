"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxApp(AppConfig):
    name = "xinshi.outbox"
    label = "outbox"
