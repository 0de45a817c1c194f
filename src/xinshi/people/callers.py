"""Who calls the API: a program by its token, a page by its session."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from xinshi.doors.prepared import Question
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.people.actions.tokens import actor_and_answer


class PageTokenMissing(DomainError):
    code = "page_token_missing"
    message = gettext_noop(
        "This was not sent from one of the site's own pages. Load the page again; a program sends a token of its own."
    )
    status = 403


class SessionAuth(APIKeyCookie):
    """A signed-in browser; whatever writes shows the token against forged forms, as the site's own pages do."""

    param_name = "xinshi_session"

    def __init__(self) -> None:
        super().__init__(
            csrf=False
        )  # Ninja would ask for the token first, and answer nobody as if they were a browser.

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:  # noqa: ARG002  # ninja's signature
        if not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise PageTokenMissing
        return request.user


class TokenAuth(HttpBearer):
    """`Authorization: Bearer …` with a token that `people.issue_token` made.

    `beside` is what an endpoint will ask about the caller in any case, as far as the request says it: it is asked in the
    same trip to the database as who the caller is, and lies in `request.answered_beside`; None where it was not asked.
    """

    def __init__(self, beside: Callable[[HttpRequest], Question | None] | None = None) -> None:
        super().__init__()
        self._beside = beside

    def __call__(self, request: HttpRequest) -> object | None:
        """From this one header: Ninja has Django put all of them into a mapping first."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return self.authenticate(request, token) if scheme.lower() == self.openapi_scheme else None

    def authenticate(self, request: HttpRequest, token: str) -> object | None:
        question = self._beside(request) if self._beside is not None else None
        actor, answer = actor_and_answer(token, question)
        if actor is not None:  # Otherwise the session may say who calls.
            request.actor, request.answered_beside = actor, answer  # type: ignore[attr-defined]  # read by doors.api
        return actor
