"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class RecognitionApp(AppConfig):
    name = "xinshi.recognition"
    label = "recognition"
