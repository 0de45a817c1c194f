"""Addresses of the station's pages, inside the bank's own (`bank:…`)."""

from __future__ import annotations

from django.urls import path

from xinshi.bank.roster import pages

urlpatterns = [
    path("open-account/", pages.open_account, name="open_account"),
    path("open-account/slip/<str:key>.pdf", pages.slip, name="account_slip"),
    path("import/volunteers/", pages.import_volunteers, name="import_volunteers"),
    path("import/volunteers/template.xlsx", pages.template, name="roster_template"),
    path("import/volunteers/preview/<str:key>/", pages.preview, name="roster_preview"),
    path("import/volunteers/preview/<str:key>/rejected.xlsx", pages.rejected_of_preview, name="roster_to_correct"),
    path("import/volunteers/result/<str:key>/", pages.result, name="roster_result"),
    path("import/volunteers/rejected/<str:key>.xlsx", pages.rejected, name="roster_rejected"),
]
