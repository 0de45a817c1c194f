"""Addresses of overlaps."""

from __future__ import annotations

from django.urls import URLPattern, path

from xinshi.interbank.overlaps import pages

urlpatterns: list[URLPattern] = [
    path("overlaps/", pages.overlaps, name="overlaps"),
    path("overlaps/<int:review_id>/accept/", pages.accept, name="accept_overlap"),
    path("overlaps/<int:review_id>/discard/", pages.discard, name="discard_overlap"),
]
