"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import include, path

from xinshi.bank import groups, pages, policy_pages, receipt_pages

app_name = "bank"
urlpatterns = [
    path("", pages.own, name="own"),
    path("passbooks/", pages.passbooks, name="passbooks"),
    path("passbooks/<int:passbook_id>/", pages.passbook, name="passbook"),
    path("passbooks/<int:passbook_id>/state/", pages.change_state, name="change_state"),
    path("passbooks/<int:passbook_id>/statement.pdf", pages.passbook_pdf, name="passbook_pdf"),
    path("passbooks/<int:passbook_id>/statement.xlsx", pages.passbook_xlsx, name="passbook_xlsx"),
    path("passbooks/<int:passbook_id>/lines/<int:seq>/", receipt_pages.receipt, name="receipt"),
    path("passbooks/<int:passbook_id>/lines/<int:seq>/receipt.json", receipt_pages.receipt_file, name="receipt_file"),
    path("check/", pages.check, name="check"),
    path("check/<str:number>/", pages.check_statement, name="check_statement"),
    path("groups/<int:organization_id>/", groups.group, name="group"),
    path("people/<int:person_id>/", pages.of_person, name="of_person"),
    path("deposits/<int:deposit_id>/", pages.deposit, name="deposit"),
    path("deposits/<int:deposit_id>/take-back/", pages.take_back, name="take_back"),
    path("", include("xinshi.bank.roster.urls")),
    path("", include("xinshi.bank.registration.urls")),
    path("", include("xinshi.bank.merging.urls")),
    path("", include("xinshi.bank.erasing.urls")),
    path("notice/", policy_pages.public_notice, name="public_notice"),
    path("policy/", policy_pages.policy, name="policy"),
    path("policy/new/", policy_pages.propose, name="propose_policy"),
    path("policy/<int:number>/", policy_pages.version, name="policy_version"),
    path("policy/<int:number>/put-in-force/", policy_pages.put_in_force, name="put_policy_in_force"),
]
