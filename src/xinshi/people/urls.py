"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from xinshi.people.pages import archive, own, sign_ins

app_name = "people"
urlpatterns = [
    path("", archive.people, name="list"),
    path("<int:person_id>/", archive.person, name="person"),
    path("<int:person_id>/edit/", archive.edit, name="edit"),
    path("<int:person_id>/reveal/", archive.reveal, name="reveal"),
    path("<int:person_id>/consent/", archive.change_consent, name="person_consent"),
    path("<int:person_id>/texts/", archive.choose_text, name="person_text"),
    path("<int:person_id>/sign-in/", archive.give_sign_in, name="give_sign_in"),
    path("me/", own.me, name="me"),
    path("me/contact/", own.contact, name="contact"),
    path("me/consent/", own.change_consent, name="consent"),
    path("me/texts/", own.choose_text, name="choose_text"),
    path("me/tokens/", own.issue_token, name="issue_token"),
    path("me/tokens/<int:token_id>/revoke/", own.revoke_token, name="revoke_token"),
    path("users/", sign_ins.users, name="users"),
    path("users/new/", sign_ins.new_user, name="new_user"),
    path("users/<int:user_id>/", sign_ins.user, name="user"),
    path("users/<int:user_id>/role/", sign_ins.change_role, name="change_role"),
    path("users/<int:user_id>/state/", sign_ins.change_state, name="change_state"),
    path("users/<int:user_id>/password/", sign_ins.renew_password, name="renew_password"),
]
