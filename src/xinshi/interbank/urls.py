"""Addresses of this room: the interface for partners; pages are added by the packages that have them."""

from __future__ import annotations

from django.urls import URLPattern

from xinshi.interbank.identity.urls import urlpatterns as identity
from xinshi.interbank.moving.urls import urlpatterns as moving
from xinshi.interbank.overlaps.urls import urlpatterns as overlaps
from xinshi.interbank.reconciling.urls import urlpatterns as reconciling
from xinshi.interbank.statements.urls import urlpatterns as statements

app_name = "interbank"
urlpatterns: list[URLPattern] = [*moving, *identity, *overlaps, *reconciling, *statements]
