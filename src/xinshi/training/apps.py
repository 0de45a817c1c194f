"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class TrainingApp(AppConfig):
    name = "xinshi.training"
    label = "training"
