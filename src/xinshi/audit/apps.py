"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class AuditApp(AppConfig):
    name = "xinshi.audit"
    label = "audit"
