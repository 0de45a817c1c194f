"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.organizations import pages

app_name = "organizations"
urlpatterns = [
    path("", pages.organizations, name="list"),
    path("new/", pages.create, name="create"),
    path("<int:organization_id>/", pages.organization, name="detail"),
    path("<int:organization_id>/edit/", pages.edit, name="edit"),
    path("<int:organization_id>/members/", pages.join, name="join"),
    path("<int:organization_id>/members/<int:person_id>/leave/", pages.leave, name="leave"),
]
