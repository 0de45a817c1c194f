"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.recognition import pages

app_name = "recognition"
urlpatterns = [
    path("honour-roll/", pages.honour_roll, name="honour_roll"),
    path("mine/", pages.mine, name="mine"),
]
