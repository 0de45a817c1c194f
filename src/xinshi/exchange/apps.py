"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangeApp(AppConfig):
    name = "xinshi.exchange"
    label = "exchange"
