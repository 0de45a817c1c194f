"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.benefits import desk_pages, managing_pages, pages, settlement_pages, waiting_pages

app_name = "benefits"
urlpatterns = [
    path("", pages.catalogue, name="catalogue"),
    path("<int:benefit_id>/", pages.benefit, name="benefit"),
    path("<int:benefit_id>/reserve/", pages.reserve, name="reserve"),
    path("vouchers/", pages.vouchers, name="vouchers"),
    path("vouchers/<int:voucher_id>/", pages.voucher, name="voucher"),
    path("vouchers/<int:voucher_id>/cancel/", pages.cancel, name="cancel"),
    path("vouchers/<int:voucher_id>/fulfil/", desk_pages.fulfil, name="fulfil"),
    path("vouchers/<int:voucher_id>/no-show/", desk_pages.no_show, name="no_show"),
    path("vouchers/<int:voucher_id>/undo/", desk_pages.undo, name="undo"),
    path("vouchers/<int:voucher_id>/refund/", desk_pages.refund, name="refund"),
    path("vouchers/<int:voucher_id>/excuse/", desk_pages.excuse, name="excuse"),
    path("<int:benefit_id>/wait/", waiting_pages.join, name="join_waiting"),
    path("waiting/", waiting_pages.waiting, name="waiting"),
    path("waiting/<int:waiting_id>/", waiting_pages.entry, name="waiting_entry"),
    path("waiting/<int:waiting_id>/accept/", waiting_pages.accept, name="accept_offer"),
    path("waiting/<int:waiting_id>/leave/", waiting_pages.leave, name="leave_waiting"),
    path("statements/", settlement_pages.statements, name="statements"),
    path("statements/<int:settlement_id>/", settlement_pages.statement, name="statement"),
    path("statements/<int:settlement_id>/confirm/", settlement_pages.confirm, name="confirm_statement"),
    path("statements/<int:settlement_id>/settle/", settlement_pages.settle, name="settle_statement"),
    path("statements/<int:settlement_id>/statement.xlsx", settlement_pages.sheet, name="statement_sheet"),
    path("v/<str:code>/", desk_pages.scan, name="scan"),
    path("desk/", desk_pages.desk, name="desk"),
    path("manage/", managing_pages.manage, name="manage"),
    path("manage/new/", managing_pages.create, name="create"),
    path("manage/<int:benefit_id>/", managing_pages.edit, name="edit"),
    path("manage/<int:benefit_id>/slots/", managing_pages.slots, name="slots"),
    path("manage/<int:benefit_id>/waiting/", managing_pages.line, name="line"),
    path("manage/slots/<int:slot_id>/", managing_pages.slot, name="slot"),
    path("manage/slots/<int:slot_id>/change/", managing_pages.change_slot, name="change_slot"),
    path("manage/slots/<int:slot_id>/training/", managing_pages.link_training, name="link_training"),
    path("manage/slots/<int:slot_id>/call-off/", managing_pages.call_off_slot, name="call_off_slot"),
]
