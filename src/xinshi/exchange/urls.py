"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from xinshi.exchange import import_pages, pages

app_name = "exchange"
urlpatterns: list[URLPattern] = [
    path("", pages.overview, name="overview"),
    path("import/", import_pages.upload, name="import"),
    path("import/<str:key>/", import_pages.preview, name="preview"),
    path("import/<str:key>/rows-to-correct.xlsx", import_pages.to_correct, name="preview_to_correct"),
    path("files/<int:file_id>/", pages.file, name="file"),
    path("files/<int:file_id>/rows-to-correct.xlsx", pages.to_correct, name="to_correct"),
    path("lines/<int:line_id>/", pages.line, name="line"),
    path("held-back/", pages.held_back, name="held_back"),
    path("held-back/accept/", pages.accept, name="accept"),
    path("held-back/discard/", pages.discard, name="discard"),
    path("export/", pages.export, name="export"),
    path("export/<int:export_id>/hours.xlsx", pages.export_file, name="export_file"),
]
