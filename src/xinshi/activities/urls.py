"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.activities import pages, planning_pages

app_name = "activities"
urlpatterns = [
    path("", pages.offers, name="offers"),
    path("mine/", pages.mine, name="mine"),
    path("leading/", planning_pages.leading, name="leading"),
    path("desk/", planning_pages.desk, name="desk"),
    path("new/", planning_pages.create, name="create"),
    path("<int:activity_id>/", pages.detail, name="detail"),
    path("<int:activity_id>/edit/", planning_pages.edit, name="edit"),
    path("<int:activity_id>/publish/", planning_pages.publish, name="publish"),
    path("<int:activity_id>/cancel/", planning_pages.cancel, name="cancel"),
    path("shifts/<int:shift_id>/sign-up/", pages.sign_up, name="sign_up"),
    path("shifts/<int:shift_id>/add-person/", planning_pages.add_person, name="add_person"),
    path("sign-ups/<int:signup_id>/cancel/", pages.cancel_sign_up, name="cancel_sign_up"),
]
