"""The one NinjaAPI: authentication by session or token, problem+json, every room's router."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, HttpBearer

from xinshi.doors.api import problem_response
from xinshi.kernel.errors import DomainError, Invalid, NotFound, NotSignedIn, gettext_noop

ROOMS_WITH_API: Final = (
    "people",
    "archive",
    "organizations",
    "bank",
    "training",
    "activities",
    "scheduling",
    "attendance",
    "benefits",
    "exchange",
    "interbank",
    "giving",
    "campaigns",
    "appeals",
    "liabilities",
    "recognition",
    "ledger",
    "audit",
    "messages",
)


class SessionAuth(APIKeyCookie):
    """A signed-in browser; ninja checks the CSRF token of writes."""

    param_name = "xinshi_session"

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:  # noqa: ARG002  # ninja's signature
        return request.user if request.user.is_authenticated else None


class TokenAuth(HttpBearer):
    """`Authorization: Bearer …` with a token that `people.issue_token` made."""

    def authenticate(self, request: HttpRequest, token: str) -> object | None:
        from xinshi.people.actions import actor_of_token

        actor = actor_of_token(token)
        if actor is None:
            return None
        request.actor = actor  # type: ignore[attr-defined]  # read by doors.api.actor_of
        return actor


class BodyNotReadable(DomainError):
    code = "body_not_readable"
    message = gettext_noop("What was sent cannot be read, or is too large. Check its format and its size.")
    status = 400


api = NinjaAPI(
    title="Xinshi 心时",
    version="1",
    description="The hospital time bank. Errors are application/problem+json; writes take an Idempotency-Key.",
    auth=[TokenAuth(), SessionAuth()],
    urls_namespace="api",
)
for room in ROOMS_WITH_API:
    if find_spec(f"xinshi.{room}.api"):
        api.add_router(f"/{room}", import_module(f"xinshi.{room}.api").router, tags=[room])


@api.exception_handler(DomainError)
def on_refusal(_: HttpRequest, error: DomainError) -> HttpResponse:
    return problem_response(error)


@api.exception_handler(AuthenticationError)
def on_unknown_caller(_: HttpRequest, __: AuthenticationError) -> HttpResponse:
    return problem_response(NotSignedIn())


@api.exception_handler(ValidationError)
def on_invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {"loc": ("body",), "msg": ""}
    field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "payload"))
    return problem_response(Invalid(field=field or "body", reason=first["msg"]))


@api.exception_handler(HttpError)
def on_http_error(_: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_response(Invalid(field="request", reason=str(error)))


from django.core.exceptions import SuspiciousOperation
from django.http import Http404
from django.http.multipartparser import MultiPartParserError


@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def on_unreadable_body(_: HttpRequest, __: Exception) -> HttpResponse:
    """A form without its boundary, too many fields, a body beyond the limit."""
    return problem_response(BodyNotReadable())


@api.exception_handler(Http404)
def on_missing(_: HttpRequest, __: Exception) -> HttpResponse:
    return problem_response(NotFound())
