"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.ledger import pages, public_pages

app_name = "ledger"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("verify/", pages.verify, name="verify"),
    path("accounts/<int:account_id>/", pages.account, name="account"),
    path("transfers/<int:transfer_id>/", pages.transfer, name="transfer"),
    path("transfers/<int:transfer_id>/receipt.json", pages.receipt, name="receipt"),
    path("seals/", public_pages.seals, name="seals"),
    path("seals/seals.json", public_pages.seals_file, name="seals_file"),
    path("check/", public_pages.check, name="check"),
    path("check/<int:transfer_id>/<str:fingerprint>/", public_pages.check_line, name="check_line"),
]
