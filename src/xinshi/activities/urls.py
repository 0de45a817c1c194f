"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.activities import line_pages, pages, planning_pages
from xinshi.activities.feeds import pages as feed_pages
from xinshi.activities.groups import pages as group_pages
from xinshi.activities.importing import pages as import_pages
from xinshi.activities.notes import pages as note_pages
from xinshi.activities.patterns import pages as pattern_pages
from xinshi.activities.programmes import pages as programme_pages
from xinshi.activities.requests import pages as request_pages
from xinshi.activities.standing_in import pages as stand_in_pages
from xinshi.activities.waves import pages as wave_pages

app_name = "activities"
urlpatterns = [
    path("", pages.offers, name="offers"),
    path("mine/", pages.mine, name="mine"),
    path("leading/", planning_pages.leading, name="leading"),
    path("desk/", planning_pages.desk, name="desk"),
    path("new/", planning_pages.create, name="create"),
    path("programmes/", programme_pages.programmes, name="programmes"),
    path("programmes/new/", programme_pages.create, name="create_programme"),
    path("programmes/<int:programme_id>/", programme_pages.programme, name="programme"),
    path("programmes/<int:programme_id>/edit/", programme_pages.edit, name="edit_programme"),
    path("programmes/<int:programme_id>/end/", programme_pages.end, name="end_programme"),
    path("programmes/<int:programme_id>/resume/", programme_pages.resume, name="resume_programme"),
    path("calendar/", programme_pages.calendar, name="calendar"),
    path("calendar/own-days/<int:own_day_id>/drop/", programme_pages.drop_day, name="drop_own_day"),
    path("templates/", pattern_pages.patterns, name="patterns"),
    path("templates/copy-week/", pattern_pages.copy_week, name="copy_week"),
    path("templates/<int:pattern_id>/use/", pattern_pages.use, name="use_pattern"),
    path("templates/<int:pattern_id>/drop/", pattern_pages.drop, name="drop_pattern"),
    path("<int:activity_id>/copy/", pattern_pages.copy, name="copy"),
    path("<int:activity_id>/keep-as-template/", pattern_pages.save, name="save_pattern"),
    path("requests/", request_pages.requests, name="requests_desk"),
    path("requests/ask/", request_pages.ask, name="ask"),
    path("requests/<int:request_id>/", request_pages.detail, name="request"),
    path("requests/<int:request_id>/withdraw/", request_pages.withdraw, name="withdraw_request"),
    path("requests/<int:request_id>/take-up/", request_pages.take_up, name="take_up_request"),
    path("requests/<int:request_id>/plan/", request_pages.plan, name="plan_request"),
    path("requests/<int:request_id>/publish/", request_pages.grant, name="grant_request"),
    path("requests/<int:request_id>/decline/", request_pages.decline, name="decline_request"),
    path("calendars/", feed_pages.own, name="feeds"),
    path("calendars/revoke/", feed_pages.revoke, name="revoke_calendar"),
    path("calendars/open.ics", feed_pages.open_calendar, name="open_calendar"),
    path("calendars/<str:word>.ics", feed_pages.own_calendar, name="own_calendar"),
    path("shifts/<int:shift_id>/shift.ics", feed_pages.shift_file, name="shift_file"),
    path("import/", import_pages.upload, name="import_plan"),
    path("import/preview/<str:key>/", import_pages.preview, name="preview_plan"),
    path("import/template.xlsx", import_pages.template, name="import_plan_template"),
    path("export.xlsx", import_pages.export, name="export_plan"),
    path("<int:activity_id>/", pages.detail, name="detail"),
    path("<int:activity_id>/edit/", planning_pages.edit, name="edit"),
    path("<int:activity_id>/publish/", planning_pages.publish, name="publish"),
    path("<int:activity_id>/unpublish/", planning_pages.unpublish, name="unpublish"),
    path("<int:activity_id>/cancel/", planning_pages.cancel, name="cancel"),
    path("shifts/<int:shift_id>/sign-up/", pages.sign_up, name="sign_up"),
    path("shifts/<int:shift_id>/add-person/", planning_pages.add_person, name="add_person"),
    path("to-decide/", line_pages.to_decide, name="to_decide"),
    path("<int:activity_id>/waves/", wave_pages.waves, name="waves"),
    path("<int:activity_id>/notes/", note_pages.write, name="write_note"),
    path("notes/<int:note_id>/take-back/", note_pages.take_back, name="take_back_note"),
    path("shifts/<int:shift_id>/wait/", pages.wait, name="wait"),
    path("shifts/<int:shift_id>/group/", group_pages.group, name="group"),
    path("shifts/<int:shift_id>/people/", line_pages.people, name="people"),
    path("shifts/<int:shift_id>/wait-for/", line_pages.wait_for, name="wait_for"),
    path("shifts/<int:shift_id>/override/", line_pages.override, name="override"),
    path("groups/<slug:group_key>/", group_pages.held, name="held"),
    path("stand-in/<int:ask_id>/", stand_in_pages.asked, name="stand_in_ask"),
    path("sign-ups/<int:signup_id>/", pages.own_sign_up, name="own_sign_up"),
    path("sign-ups/<int:signup_id>/answer/", pages.answer_offer, name="answer_offer"),
    path("sign-ups/<int:signup_id>/coming/", pages.say_coming, name="say_coming"),
    path("sign-ups/<int:signup_id>/stand-in/", stand_in_pages.seek, name="seek_stand_in"),
    path("sign-ups/<int:signup_id>/can-come/", stand_in_pages.end, name="end_search"),
    path("sign-ups/<int:signup_id>/decide/", line_pages.decide, name="decide"),
    path("sign-ups/<int:signup_id>/undo-no-show/", line_pages.undo_no_show, name="undo_no_show"),
    path("sign-ups/<int:signup_id>/cancel/", pages.cancel_sign_up, name="cancel_sign_up"),
]
