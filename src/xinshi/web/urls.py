"""Addresses of the shell."""

from __future__ import annotations

from django.urls import path

from xinshi.web import pages

app_name = "web"
urlpatterns = [
    path("", pages.home, name="home"),
    path("start/", pages.start, name="start"),
]
