"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleApp(AppConfig):
    name = "xinshi.people"
    label = "people"
