"""Addresses of invitations, suggestions and fairness; part of the room's own."""

from __future__ import annotations

from django.urls import path

from xinshi.scheduling.fairness import pages as fairness_pages
from xinshi.scheduling.inviting import pages
from xinshi.scheduling.suggesting import pages as suggestion_pages

urlpatterns = [
    path("mine/", pages.mine, name="mine"),
    path("mine/choose/", suggestion_pages.choose, name="choose_suggestions"),
    path("mine/kinds/", suggestion_pages.take_back, name="take_kind_back"),
    path("suggestions/<int:shift_id>/", suggestion_pages.answer, name="answer_suggestion"),
    path("invitations/", pages.desk, name="invitations"),
    path("invitations/<int:plan_invitation_id>/answer/", pages.answer, name="answer"),
    path("plans/<int:plan_id>/publish/", pages.publish, name="publish"),
    path("plans/<int:plan_id>/again/", pages.plan_again, name="plan_again"),
    path("plans/<int:published_plan_id>/invitations/", pages.version_invitations, name="version_invitations"),
    path("shifts/<int:shift_id>/refill/", pages.refill, name="refill"),
    path("shifts/<int:shift_id>/invite/", pages.invite, name="invite"),
    path("teams/", pages.teams, name="teams"),
    path("fairness/", fairness_pages.fairness, name="fairness"),
]
