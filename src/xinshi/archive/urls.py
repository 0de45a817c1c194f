"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.archive.pages import checking, keeping, listing, own

app_name = "archive"
urlpatterns = [
    path("", listing.people, name="list"),
    path("export/", listing.export, name="export"),
    path("import/", listing.import_sheet, name="import"),
    path("import/template/<slug:content>/", listing.template, name="import_template"),
    path("import/<slug:content>/preview/<str:key>/", listing.import_preview, name="import_preview"),
    path("import/result/<str:key>/", listing.import_result, name="import_result"),
    path("import/rejected/<str:key>/", listing.rejected_rows, name="import_rejected"),
    path("mine/", own.own, name="own"),
    path("mine/step/<slug:step>/", own.own_step, name="own_step"),
    path("mine/exception/", own.own_exception, name="own_exception"),
    path("mine/exception/remove/", own.own_exception_remove, name="own_exception_remove"),
    path("mine/qualifications/new/", own.own_submit, name="own_submit"),
    path("pledge/", own.pledge, name="pledge"),
    path("people/<int:person_id>/", own.person, name="person"),
    path("people/<int:person_id>/step/<slug:step>/", own.person_step, name="person_step"),
    path("people/<int:person_id>/exception/", own.person_exception, name="person_exception"),
    path("people/<int:person_id>/exception/remove/", own.person_exception_remove, name="person_exception_remove"),
    path("people/<int:person_id>/qualifications/new/", own.person_submit, name="person_submit"),
    path("people/<int:person_id>/care/", own.person_care, name="person_care"),
    path("qualifications/", checking.qualifications, name="qualifications"),
    path("qualifications/<int:qualification_id>/", checking.qualification, name="qualification"),
    path("qualifications/<int:qualification_id>/verify/", checking.verify, name="verify"),
    path("qualifications/<int:qualification_id>/refuse/", checking.refuse, name="refuse"),
    path("qualifications/<int:qualification_id>/revoke/", checking.revoke, name="revoke"),
    path("proofs/<int:proof_id>/", checking.proof, name="proof"),
    path("kinds/", keeping.kinds, name="kinds"),
    path("kinds/new/", keeping.new_kind, name="new_kind"),
    path("kinds/<int:kind_id>/", keeping.kind, name="kind"),
    path("lists/", keeping.lists, name="lists"),
    path("lists/<slug:table>/new/", keeping.new_line, name="new_line"),
    path("lists/<slug:table>/<slug:line_code>/", keeping.line, name="line"),
    path("pledge/texts/", keeping.pledge_texts, name="pledge_texts"),
    path("pledge/texts/new/", keeping.new_pledge_text, name="new_pledge_text"),
]
