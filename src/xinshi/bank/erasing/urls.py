"""Addresses of erasing, inside the bank's own (`bank:…`)."""

from __future__ import annotations

from django.urls import path

from xinshi.bank.erasing import pages

urlpatterns = [
    path("erase/", pages.erase_own, name="erase_own"),
    path("erase/withdraw/", pages.withdraw, name="withdraw_erasure"),
    path("erase/copy/", pages.own_copy, name="own_copy"),
    path("erasures/", pages.erasures, name="erasures"),
    path("erasures/<int:erasure_id>/", pages.erasure, name="erasure"),
    path("erasures/<int:erasure_id>/accept/", pages.accept, name="accept_erasure"),
    path("erasures/<int:erasure_id>/erase/", pages.erase, name="erase_person"),
    path("people/<int:person_id>/erase/", pages.enter, name="enter_erasure"),
]
