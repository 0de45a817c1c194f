"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class MessagesApp(AppConfig):
    name = "xinshi.messages"
    label = "inbox"
