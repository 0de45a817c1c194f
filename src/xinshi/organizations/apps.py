"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class OrganizationsApp(AppConfig):
    name = "xinshi.organizations"
    label = "organizations"
