"""Puts the actor on the request, and keeps whoever signed in with a one-time password at choosing their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from xinshi.doors.api import problem_response
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.people.access import actor_for

OPEN_BEFORE_PASSWORD_CHANGE: Final = ("/account/", "/static/", "/language/", "/app.webmanifest", "/healthz")


class PasswordIsTemporary(DomainError):
    code = "password_is_temporary"
    message = gettext_noop("Choose a password of your own first.")
    status = 403


class ActorMiddleware:
    """`request.actor`, looked up when it is first read, from the session's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def look_up() -> object:
            user = request.user
            return actor_for(user if user.is_authenticated else None)

        request.actor = SimpleLazyObject(look_up)  # type: ignore[attr-defined]  # typed by doors.pages.PageRequest
        if request.path.startswith(OPEN_BEFORE_PASSWORD_CHANGE) or not _must_choose_password(request):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return problem_response(PasswordIsTemporary())
        return redirect("account_change_password")


def _must_choose_password(request: HttpRequest) -> bool:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    return request.user.is_authenticated and request.user.must_change_password
