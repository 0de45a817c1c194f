"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.liabilities import pages

app_name = "liabilities"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("accounts/", pages.accounts, name="accounts"),
    path("outstanding.xlsx", pages.outstanding_xlsx, name="outstanding_xlsx"),
    path("outstanding.csv", pages.outstanding_csv, name="outstanding_csv"),
    path("months.xlsx", pages.months_xlsx, name="months_xlsx"),
    path("months.csv", pages.months_csv, name="months_csv"),
]
