"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.ledger import pages

app_name = "ledger"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("verify/", pages.verify, name="verify"),
    path("accounts/<int:account_id>/", pages.account, name="account"),
    path("transfers/<int:transfer_id>/", pages.transfer, name="transfer"),
]
