"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "xinshi.scheduling"
    label = "scheduling"
