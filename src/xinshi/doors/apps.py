"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class DoorsApp(AppConfig):
    name = "xinshi.doors"
    label = "doors"
