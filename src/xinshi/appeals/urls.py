"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.appeals import desk_pages, pages

app_name = "appeals"
urlpatterns = [
    path("ask/", pages.ask, name="ask"),
    path("mine/", pages.mine, name="mine"),
    path("requests/<int:request_id>/", pages.show, name="request"),
    path("requests/<int:request_id>/more/", pages.more, name="more"),
    path("requests/<int:request_id>/appeal/", pages.appeal, name="appeal"),
    path("requests/<int:request_id>/withdraw/", pages.withdraw, name="withdraw"),
    path("requests/<int:request_id>/answer/", desk_pages.answer, name="answer"),
    path("evidence/<int:evidence_id>/", pages.evidence, name="evidence"),
    path("desk/", desk_pages.desk, name="desk"),
]
