"""Signing in by user name or phone, both with the password."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.backends import BaseBackend
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest

from xinshi.doors.prepared import PreparedRead
from xinshi.people.domain import MOBILE_PHONE
from xinshi.people.models import User
from xinshi.vault.cipher import blind_index

USER_COLUMNS: Final = tuple(field.attname for field in User._meta.concrete_fields)
WITH_ROLES: Final = PreparedRead(
    lambda number: User.objects.filter(pk=number, is_active=True).values_list(*USER_COLUMNS, "role_grants__role"),
    number=int,
)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """Accounts are opened by the station or from a spreadsheet; nobody registers a bare sign-in."""
        return False

    def set_password(self, user: User, password: str) -> None:
        """People chose a password of their own: a one-time password has done its work."""
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])


class UserNameOrPhoneBackend(BaseBackend):
    """What is typed as user name may be a mobile phone; a phone that several users share signs nobody in."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002  # Django's signature
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        if not username or not password or "\0" in username:
            return None
        user = self._find(username.strip())
        if user is None:
            User().set_password(password)  # As slow as a real check: timing does not tell whether a user exists.
            return None
        return user if user.is_active and user.check_password(password) else None

    def get_user(self, user_id: int) -> User | None:
        """The session's user with their roles, which whoever acts is known by: one statement for both."""
        rows = WITH_ROLES.rows(number=user_id)
        if not rows:
            return None
        user = User.from_db(DEFAULT_DB_ALIAS, USER_COLUMNS, rows[0][:-1])
        user.known_roles = frozenset(row[-1] for row in rows if row[-1])
        return user

    def _find(self, typed: str) -> User | None:
        user = User.objects.filter(username=typed).first()
        if user is None and MOBILE_PHONE.fullmatch(typed):
            index = blind_index(typed, context="person.phone")
            owners = list(User.objects.filter(person__phone_index=index, is_active=True)[:2])
            user = owners[0] if len(owners) == 1 else None
        return user
