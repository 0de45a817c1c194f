"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class DemoApp(AppConfig):
    name = "xinshi.demo"
    label = "demo"
