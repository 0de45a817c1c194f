"""Addresses of opening and ending an account, inside the bank's own (`bank:…`)."""

from __future__ import annotations

from django.urls import path

from xinshi.bank.registration import desk_pages, pages

urlpatterns = [
    path("register/", pages.register, name="register"),
    path("register/code/", pages.register_code, name="register_code"),
    path("register/person/", pages.register_person, name="register_person"),
    path("guardian/", pages.own_guardian, name="own_guardian"),
    path("guardian/code/", pages.guardian_code, name="guardian_code"),
    path("close/", pages.close_own, name="close_own"),
    path("close/withdraw/", pages.withdraw_wish, name="withdraw_wish"),
    path("accounts-to-check/", desk_pages.accounts_to_check, name="accounts_to_check"),
    path("accounts-to-check/<int:passbook_id>/", desk_pages.account_to_check, name="account_to_check"),
    path("accounts-to-check/<int:passbook_id>/approve/", desk_pages.approve, name="approve_account"),
    path("people/<int:person_id>/guardian/", desk_pages.guardian_of, name="guardian_of"),
    path("passbooks/<int:passbook_id>/close/", desk_pages.close, name="close_account"),
]
