"""Addresses of identity."""

from __future__ import annotations

from django.urls import URLPattern, path

from xinshi.interbank.identity import pages

urlpatterns: list[URLPattern] = [
    path("settling/<int:partner_id>/keys/", pages.keys, name="keys"),
    path("keys/<int:shared_key_id>/retire/", pages.retire, name="retire_key"),
    path("clashes/", pages.clashes, name="clashes"),
    path("clashes/settle/", pages.settle_clash, name="settle_clash"),
]
