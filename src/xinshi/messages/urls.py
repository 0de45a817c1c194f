"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.messages import pages

app_name = "messages"
urlpatterns = [
    path("", pages.inbox, name="inbox"),
    path("outgoing/", pages.outgoing, name="outgoing"),
    path("read/", pages.read_all, name="read_all"),
    path("<int:message_id>/read/", pages.read, name="read"),
]
