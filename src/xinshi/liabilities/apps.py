"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class LiabilitiesApp(AppConfig):
    name = "xinshi.liabilities"
    label = "liabilities"
