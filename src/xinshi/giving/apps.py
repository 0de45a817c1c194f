"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class GivingApp(AppConfig):
    name = "xinshi.giving"
    label = "giving"
