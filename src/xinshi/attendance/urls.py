"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.attendance import approval_pages, pages
from xinshi.attendance.anomalies import pages as anomaly_pages
from xinshi.attendance.closing import pages as closing_pages
from xinshi.attendance.codes import leading_pages
from xinshi.attendance.codes import pages as code_pages
from xinshi.attendance.kiosk import desk_pages as kiosk_desk_pages
from xinshi.attendance.kiosk import pages as kiosk_pages
from xinshi.attendance.offline import pages as offline_pages
from xinshi.attendance.outcomes import pages as outcome_pages
from xinshi.attendance.records import pages as record_pages
from xinshi.attendance.sites import pages as site_pages

app_name = "attendance"
urlpatterns = [
    path("shifts/<int:shift_id>/", pages.shift, name="shift"),
    path("shifts/<int:shift_id>/paper/", pages.list_file, name="list_file"),
    path("shifts/<int:shift_id>/check-in/", pages.check_in, name="check_in"),
    path("shifts/<int:shift_id>/check-out/", pages.check_out, name="check_out"),
    path("shifts/<int:shift_id>/enter/", pages.enter, name="enter"),
    path("records/", record_pages.records, name="records"),
    path("records/export/", record_pages.export, name="export_records"),
    path("records/<int:record_id>/", pages.record, name="record"),
    path("records/<int:record_id>/take-back/", pages.take_back, name="take_back"),
    path("records/<int:record_id>/correct/", pages.correct, name="correct"),
    path("mine/", pages.mine, name="mine"),
    path("approvals/", approval_pages.approvals, name="approvals"),
    path("approvals/approve/", approval_pages.approve, name="approve"),
    path("approvals/refuse/", approval_pages.refuse, name="refuse"),
    path("approvals/<int:activity_id>/", approval_pages.of_activity, name="approvals_of"),
    path("shifts/<int:shift_id>/display/", leading_pages.display, name="display"),
    path("shifts/<int:shift_id>/display/code/", leading_pages.display_part, name="display_part"),
    path("shifts/<int:shift_id>/scan/", leading_pages.scan, name="scan"),
    path("here/", code_pages.here, name="here"),
    path("here/c/<str:code>/", code_pages.scanned, name="scanned"),
    path("here/digits/", code_pages.digits, name="digits"),
    path("here/my-code/", code_pages.my_code, name="my_code"),
    path("here/my-code/code/", code_pages.my_code_part, name="my_code_part"),
    path("here/pin/", kiosk_desk_pages.pin, name="pin"),
    path("here/worker.js", offline_pages.worker, name="worker"),
    path("here/shell/", offline_pages.shell, name="shell"),
    path("here/grant/", offline_pages.grant, name="grant"),
    path("here/send/", offline_pages.send, name="send"),
    path("kiosk/", kiosk_pages.home, name="kiosk"),
    path("kiosk/code/", kiosk_pages.code_part, name="kiosk_code"),
    path("kiosk/act/", kiosk_pages.act, name="kiosk_act"),
    path("kiosks/", kiosk_desk_pages.kiosks, name="kiosks"),
    path("kiosks/<int:kiosk_id>/renew/", kiosk_desk_pages.renew, name="renew_kiosk"),
    path("kiosks/<int:kiosk_id>/revoke/", kiosk_desk_pages.revoke, name="revoke_kiosk"),
    path("sites/", site_pages.sites, name="sites"),
    path("sites/<int:site_id>/", site_pages.site, name="site"),
    path("activities/<int:activity_id>/site/", site_pages.activity_site, name="activity_site"),
    path("settings/", closing_pages.settings, name="settings"),
    path("anomalies/", anomaly_pages.anomalies, name="anomalies"),
    path("anomalies/<int:anomaly_id>/", anomaly_pages.review, name="review"),
    path("outcomes/", outcome_pages.totals, name="outcomes"),
    path("outcomes/sheet/", outcome_pages.totals_sheet, name="outcomes_sheet"),
    path("outcomes/of/<int:activity_id>/", outcome_pages.report, name="report_outcomes"),
    path("outcomes/measures/", outcome_pages.measures, name="outcome_measures"),
    path("outcomes/measures/<int:measure_id>/", outcome_pages.set_measure, name="set_outcome_measure"),
]
