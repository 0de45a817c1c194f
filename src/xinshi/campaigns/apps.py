"""Django's handle on this room."""

from __future__ import annotations

from django.apps import AppConfig


class CampaignsApp(AppConfig):
    name = "xinshi.campaigns"
    label = "campaigns"
