"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class ApiApp(AppConfig):
    name = "xinshi.api"
    label = "api"
