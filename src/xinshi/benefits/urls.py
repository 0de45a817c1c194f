"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.benefits import desk_pages, managing_pages, pages

app_name = "benefits"
urlpatterns = [
    path("", pages.catalogue, name="catalogue"),
    path("<int:benefit_id>/", pages.benefit, name="benefit"),
    path("<int:benefit_id>/reserve/", pages.reserve, name="reserve"),
    path("vouchers/", pages.vouchers, name="vouchers"),
    path("vouchers/<int:voucher_id>/", pages.voucher, name="voucher"),
    path("vouchers/<int:voucher_id>/cancel/", pages.cancel, name="cancel"),
    path("vouchers/<int:voucher_id>/fulfil/", desk_pages.fulfil, name="fulfil"),
    path("v/<str:code>/", desk_pages.scan, name="scan"),
    path("desk/", desk_pages.desk, name="desk"),
    path("manage/", managing_pages.manage, name="manage"),
    path("manage/new/", managing_pages.create, name="create"),
    path("manage/<int:benefit_id>/", managing_pages.edit, name="edit"),
    path("manage/<int:benefit_id>/slots/", managing_pages.slots, name="slots"),
    path("manage/slots/<int:slot_id>/", managing_pages.slot, name="slot"),
    path("manage/slots/<int:slot_id>/change/", managing_pages.change_slot, name="change_slot"),
    path("manage/slots/<int:slot_id>/call-off/", managing_pages.call_off_slot, name="call_off_slot"),
]
