"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class ArchiveApp(AppConfig):
    name = "xinshi.archive"
    label = "archive"
