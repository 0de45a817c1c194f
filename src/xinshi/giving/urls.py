"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.giving import desk_pages, pages

app_name = "giving"
urlpatterns = [
    path("", pages.own, name="own"),
    path("pool/", pages.pool, name="pool"),
    path("relatives/new/", pages.ask, name="ask"),
    path("relatives/<int:relative_id>/", pages.relative, name="relative"),
    path("relatives/<int:relative_id>/answer/", pages.answer, name="answer"),
    path("relatives/<int:relative_id>/end/", pages.end, name="end"),
    path("gifts/", desk_pages.gifts, name="gifts"),
    path("gifts/new/", pages.give, name="give"),
    path("gifts/<int:gift_id>/", pages.gift, name="gift"),
    path("donations/", desk_pages.donations, name="donations"),
    path("donations/new/", pages.donate, name="donate"),
    path("donations/<int:donation_id>/", pages.donation, name="donation"),
    path("desk/", desk_pages.desk, name="desk"),
    path("station/", desk_pages.station, name="station"),
    path("grants/", desk_pages.grants, name="grants"),
    path("grants/new/", desk_pages.propose, name="propose"),
    path("grants/<int:grant_id>/", desk_pages.grant, name="grant"),
    path("grants/<int:grant_id>/decide/", desk_pages.decide_grant, name="decide_grant"),
    path("grants/<int:grant_id>/change/", desk_pages.change_grant, name="change_grant"),
    path("grants/<int:grant_id>/withdraw/", desk_pages.withdraw_grant, name="withdraw_grant"),
    path("group-hours/new/", desk_pages.enter_group_hours, name="enter_group_hours"),
    path("group-hours/<int:group_hours_id>/", desk_pages.group_hours, name="group_hours"),
    path("group-hours/<int:group_hours_id>/decide/", desk_pages.decide_group_hours, name="decide_group_hours"),
    path("group-hours/<int:group_hours_id>/withdraw/", desk_pages.withdraw_group_hours, name="withdraw_group_hours"),
    path("groups/<int:organization_id>/", desk_pages.group, name="group"),
    path("groups/<int:organization_id>/donate/", desk_pages.donate_group_hours, name="donate_group_hours"),
    path("take-back/<str:kind>/<int:object_id>/", desk_pages.take_back, name="take_back"),
]
