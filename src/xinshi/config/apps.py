"""Wires the house when it starts."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "xinshi.config"
    label = "config"

    def ready(self) -> None:
        from xinshi.config import subscriptions  # Rooms have models only once every app is loaded.

        subscriptions.register()
