"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class AppealsApp(AppConfig):
    name = "xinshi.appeals"
    label = "appeals"
