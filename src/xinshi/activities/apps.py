"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class ActivitiesApp(AppConfig):
    name = "xinshi.activities"
    label = "activities"
