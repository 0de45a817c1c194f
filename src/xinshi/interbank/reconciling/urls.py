"""Addresses of reconciliation."""

from __future__ import annotations

from django.urls import URLPattern, path

from xinshi.interbank.reconciling import pages

urlpatterns: list[URLPattern] = [
    path("settling/", pages.settling, name="settling"),
    path("settling/<int:partner_id>/comparisons/", pages.comparisons, name="comparisons"),
    path("comparisons/<int:comparison_id>/", pages.comparison, name="comparison"),
    path("differences/", pages.differences, name="differences"),
    path("differences/<int:difference_id>/", pages.difference, name="difference"),
    path("differences/<int:difference_id>/owner/", pages.take_over, name="take_over"),
]
