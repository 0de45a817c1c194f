"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerApp(AppConfig):
    name = "xinshi.ledger"
    label = "ledger"
