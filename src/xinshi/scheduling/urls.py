"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.scheduling import pages
from xinshi.scheduling.inviting.urls import urlpatterns as invitation_patterns

app_name = "scheduling"
urlpatterns = [
    path("", pages.periods, name="periods"),
    path("periods/new/", pages.create, name="create"),
    path("periods/<int:period_id>/", pages.period, name="period"),
    path("periods/<int:period_id>/edit/", pages.edit, name="edit"),
    path("periods/<int:period_id>/close/", pages.close, name="close"),
    path("periods/<int:period_id>/plan/", pages.plan, name="plan"),
    path("periods/<int:period_id>/compare/", pages.compare, name="compare"),
    path("plans/<int:plan_id>/", pages.version, name="version"),
    path("plans/<int:plan_id>/progress/", pages.progress, name="progress"),
    path("plans/<int:plan_id>/stop/", pages.stop, name="stop"),
    path("plans/<int:plan_id>/shifts/", pages.shifts, name="shifts"),
    path("plans/<int:plan_id>/obstacles/", pages.obstacles, name="obstacles"),
    path("plans/<int:plan_id>/people/", pages.people, name="people"),
    path("plans/<int:plan_id>/empty/", pages.empty, name="empty"),
    path("lines/<int:plan_line_id>/", pages.line, name="line"),
    path("lines/<int:plan_line_id>/add/", pages.add, name="add"),
    path("assignments/<int:assignment_id>/remove/", pages.remove, name="remove"),
    path("assignments/<int:assignment_id>/lock/", pages.lock, name="lock"),
    path("assignments/<int:assignment_id>/swap/", pages.swap, name="swap"),
    *invitation_patterns,
]
