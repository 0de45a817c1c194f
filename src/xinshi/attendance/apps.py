"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class AttendanceApp(AppConfig):
    name = "xinshi.attendance"
    label = "attendance"
