"""Addresses of the API."""

from __future__ import annotations

from django.urls import path

from xinshi.api.shell import addresses

urlpatterns = [path("", addresses())]
