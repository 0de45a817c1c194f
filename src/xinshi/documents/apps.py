"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class DocumentsApp(AppConfig):
    name = "xinshi.documents"
    label = "documents"
