"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from xinshi.exchange import column_pages, import_pages, inbox_pages, pages, run_pages
from xinshi.exchange.partners import consent_pages
from xinshi.exchange.partners import pages as partner_pages
from xinshi.exchange.returning import pages as returning_pages

app_name = "exchange"
urlpatterns: list[URLPattern] = [
    path("", pages.overview, name="overview"),
    path("import/", import_pages.upload, name="import"),
    path("import/<str:key>/", import_pages.preview, name="preview"),
    path("import/<str:key>/columns/", column_pages.columns, name="columns"),
    path("columns/", column_pages.remembered, name="remembered_columns"),
    path("columns/<int:mapping_id>/change/", column_pages.change_one, name="change_columns"),
    path("columns/<int:mapping_id>/forget/", column_pages.forget_one, name="forget_columns"),
    path("runs/<int:run_id>/", run_pages.run, name="run"),
    path("runs/<int:run_id>/progress/", run_pages.progress_part, name="run_progress"),
    path("runs/<int:run_id>/stop/", run_pages.stop, name="run_stop"),
    path("runs/<int:run_id>/continue/", run_pages.go_on, name="run_continue"),
    path("inbox/", inbox_pages.inbox, name="inbox"),
    path("inbox/match/", inbox_pages.match, name="inbox_match"),
    path("inbox/not-ours/", inbox_pages.not_ours, name="inbox_not_ours"),
    path("inbox/look-again/", inbox_pages.look_again, name="inbox_look_again"),
    path("returned/", returning_pages.comparisons, name="returned"),
    path("returned/<int:returned_id>/", returning_pages.comparison, name="comparison"),
    path("returned/<int:returned_id>/decide/", returning_pages.decide, name="decide_differences"),
    path("import/<str:key>/rows-to-correct.xlsx", import_pages.to_correct, name="preview_to_correct"),
    path("files/<int:file_id>/", pages.file, name="file"),
    path("files/<int:file_id>/rows-to-correct.xlsx", pages.to_correct, name="to_correct"),
    path("lines/<int:line_id>/", pages.line, name="line"),
    path("held-back/", pages.held_back, name="held_back"),
    path("held-back/accept/", pages.accept, name="accept"),
    path("held-back/discard/", pages.discard, name="discard"),
    path("export/", pages.export, name="export"),
    path("export/<int:export_id>/hours.xlsx", pages.export_file, name="export_file"),
    path("partners/", partner_pages.partners, name="partners"),
    path("partners/register/", partner_pages.register, name="register_partner"),
    path("partners/<int:partner_id>/", partner_pages.partner, name="partner"),
    path("partners/<int:partner_id>/change/", partner_pages.change, name="change_partner"),
    path("partners/<int:partner_id>/limits/", partner_pages.limits, name="partner_limits"),
    path("partners/<int:partner_id>/limits/confirm/", partner_pages.confirm_limits, name="confirm_limits"),
    path("partners/<int:partner_id>/contracts/new/", partner_pages.write_contract, name="write_contract"),
    path(
        "partners/<int:partner_id>/contracts/<int:number>/in-force/",
        partner_pages.put_contract_in_force,
        name="put_contract_in_force",
    ),
    path("partners/<int:partner_id>/keys/new/", partner_pages.add_key, name="add_key"),
    path("partners/<int:partner_id>/keys/<str:key_id>/confirm/", partner_pages.confirm_key, name="confirm_key"),
    path("partners/<int:partner_id>/keys/<str:key_id>/revoke/", partner_pages.revoke_key, name="revoke_key"),
    path("partners/<int:partner_id>/pause/", partner_pages.pause, name="pause_partner"),
    path("partners/<int:partner_id>/resume/", partner_pages.resume, name="resume_partner"),
    path("my-hours/", consent_pages.my_hours, name="my_hours"),
    path("my-hours/consent/", consent_pages.change_consent, name="my_hours_consent"),
    path("export/<int:export_id>/", pages.export_record, name="export_record"),
]
