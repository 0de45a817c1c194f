"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.audit import pages

app_name = "audit"
urlpatterns = [path("", pages.log, name="log")]
