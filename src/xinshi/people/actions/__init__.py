"""Writes of the archive."""

from __future__ import annotations

from xinshi.people.actions.consenting import ServiceConsentStays, give_consent, withdraw_consent
from xinshi.people.actions.keeping import (
    NewPerson,
    PersonKnown,
    ReasonMissing,
    RevealedNumbers,
    change_own_contact,
    change_person,
    change_service_words,
    give_volunteer_number,
    register_people,
    reveal,
)
from xinshi.people.actions.signing_in import (
    NewUser,
    OneTimeSignIn,
    OwnRole,
    PasswordTooWeak,
    PersonHasSignIn,
    UserNameTaken,
    create_user,
    create_users,
    give_sign_in,
    give_staff_sign_in,
    grant_role,
    renew_password,
    revoke_role,
    set_user_active,
)
from xinshi.people.actions.texts import choose_text
from xinshi.people.actions.tokens import TooManyTokens, actor_of_token, issue_token, revoke_token
from xinshi.people.models import id_index, phone_index

__all__ = [
    "NewPerson",
    "NewUser",
    "OneTimeSignIn",
    "OwnRole",
    "PasswordTooWeak",
    "PersonHasSignIn",
    "PersonKnown",
    "ReasonMissing",
    "RevealedNumbers",
    "ServiceConsentStays",
    "TooManyTokens",
    "UserNameTaken",
    "actor_of_token",
    "change_own_contact",
    "change_person",
    "change_service_words",
    "choose_text",
    "create_user",
    "create_users",
    "give_consent",
    "give_sign_in",
    "give_staff_sign_in",
    "give_volunteer_number",
    "grant_role",
    "id_index",
    "issue_token",
    "phone_index",
    "register_people",
    "renew_password",
    "reveal",
    "revoke_role",
    "revoke_token",
    "set_user_active",
    "withdraw_consent",
]
