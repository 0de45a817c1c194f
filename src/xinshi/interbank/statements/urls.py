"""Addresses of statements."""

from __future__ import annotations

from django.urls import URLPattern, path

from xinshi.interbank.statements import pages

urlpatterns: list[URLPattern] = [
    path("settling/<int:partner_id>/statements/", pages.statements, name="statements"),
    path("statements/<int:statement_id>/", pages.statement, name="statement"),
    path("statements/<int:statement_id>/statement.pdf", pages.statement_paper, name="statement_paper"),
    path("statements/<int:statement_id>/statement.json", pages.statement_file, name="statement_file"),
    path("statements/check/<str:number>/", pages.check_statement, name="check_statement"),
]
