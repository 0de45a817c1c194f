"""Addresses of merging, inside the bank's own (`bank:…`)."""

from __future__ import annotations

from django.urls import path

from xinshi.bank.merging import pages

urlpatterns = [
    path("duplicates/", pages.duplicates, name="duplicates"),
    path("duplicates/choose/", pages.choose_pair, name="choose_pair"),
    path("duplicates/<int:person_id>/<int:other_id>/", pages.pair, name="pair"),
    path("duplicates/<int:person_id>/<int:other_id>/dismiss/", pages.dismiss, name="dismiss_pair"),
    path("merges/<int:merge_id>/", pages.merge, name="merge"),
    path("merges/<int:merge_id>/confirm/", pages.confirm, name="confirm_merge"),
    path("merges/<int:merge_id>/withdraw/", pages.withdraw, name="withdraw_merge"),
]
