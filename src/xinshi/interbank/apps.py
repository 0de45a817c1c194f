"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class InterbankConfig(AppConfig):
    name = "xinshi.interbank"
    label = "interbank"
