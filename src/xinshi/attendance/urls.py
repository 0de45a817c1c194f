"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.attendance import approval_pages, pages

app_name = "attendance"
urlpatterns = [
    path("shifts/<int:shift_id>/", pages.shift, name="shift"),
    path("shifts/<int:shift_id>/check-in/", pages.check_in, name="check_in"),
    path("shifts/<int:shift_id>/check-out/", pages.check_out, name="check_out"),
    path("shifts/<int:shift_id>/enter/", pages.enter, name="enter"),
    path("records/<int:record_id>/", pages.record, name="record"),
    path("records/<int:record_id>/take-back/", pages.take_back, name="take_back"),
    path("records/<int:record_id>/correct/", pages.correct, name="correct"),
    path("mine/", pages.mine, name="mine"),
    path("approvals/", approval_pages.approvals, name="approvals"),
    path("approvals/approve/", approval_pages.approve, name="approve"),
    path("approvals/refuse/", approval_pages.refuse, name="refuse"),
    path("approvals/<int:activity_id>/", approval_pages.of_activity, name="approvals_of"),
]
