"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class BankApp(AppConfig):
    name = "xinshi.bank"
    label = "bank"
