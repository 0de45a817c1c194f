"""Addresses of the shell."""

from __future__ import annotations

from django.urls import path

from xinshi.web import history, pages, switches

app_name = "web"
urlpatterns = [
    path("", pages.home, name="home"),
    path("start/", pages.start, name="start"),
    path("desk/", pages.desk, name="desk"),
    path("history/", history.own, name="own_history"),
    path("history/<int:person_id>/", history.of_person, name="history"),
    path("design/", pages.design, name="design"),
    path("language/", switches.language, name="language"),
    path("language/appearance/", switches.appearance, name="appearance"),
    path("app.webmanifest", switches.manifest, name="manifest"),
]
