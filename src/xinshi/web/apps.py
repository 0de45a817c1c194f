"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class WebApp(AppConfig):
    name = "xinshi.web"
    label = "web"
