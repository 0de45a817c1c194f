"""Addresses of hours between banks: the interface for partners, and pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from xinshi.interbank.moving import endpoints, key_pages, pages

urlpatterns: list[URLPattern] = [
    path("v1/messages", endpoints.messages, name="messages"),
    path("v1/state", endpoints.state, name="state"),
    path("v1/missing", endpoints.missing, name="missing"),
    path("v1/entries", endpoints.entries, name="entries"),
    path("own-keys/", key_pages.own_keys, name="own_keys"),
    path("own-keys/<int:own_key_id>/confirm/", key_pages.confirm, name="confirm_own_key"),
    path("own-keys/<int:own_key_id>/discard/", key_pages.discard, name="discard_own_key"),
    path("own-keys/<int:own_key_id>/told/<int:partner_id>/", key_pages.told, name="partner_told"),
    path("banks/", pages.own, name="own"),
    path("banks/<int:partner_id>/agree/", pages.agree, name="agree"),
    path("banks/<int:partner_id>/send/", pages.send, name="send"),
    path("banks/<int:partner_id>/bring/", pages.bring, name="bring"),
    path("transfers/", pages.desk, name="transfers"),
    path("transfers/<int:bank_transfer_id>/", pages.transfer, name="transfer"),
    path("transfers/<int:bank_transfer_id>/part/", pages.transfer_part, name="transfer_part"),
    path("transfers/<int:bank_transfer_id>/propose/", pages.propose, name="propose"),
    path("transfers/<int:bank_transfer_id>/confirm/", pages.confirm, name="confirm"),
]
