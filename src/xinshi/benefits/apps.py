"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class BenefitsApp(AppConfig):
    name = "xinshi.benefits"
    label = "benefits"
