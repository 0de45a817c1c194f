"""The one API: authentication by session or token, problem+json, every room's router."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern, URLResolver
from ninja.errors import AuthenticationError, HttpError, ValidationError

from xinshi.api.schema import HospitalAPI
from xinshi.doors.api import problem_response
from xinshi.kernel.errors import DomainError, Invalid, NotFound, NotSignedIn, gettext_noop
from xinshi.people.callers import SessionAuth, TokenAuth

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


class BodyNotReadable(DomainError):
    code = "body_not_readable"
    message = gettext_noop("What was sent cannot be read, or is too large. Check its format and its size.")
    status = 400


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    message = gettext_noop("Nothing answers %(method)s at this address. What does stands in the header Allow.")
    status = 405


api = HospitalAPI(
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


@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def on_unreadable_body(_: HttpRequest, __: Exception) -> HttpResponse:
    """A form without its boundary, too many fields, a body beyond the limit."""
    return problem_response(BodyNotReadable())


@api.exception_handler(Http404)
def on_missing(_: HttpRequest, __: Exception) -> HttpResponse:
    return problem_response(NotFound())


def addresses() -> tuple[list[URLResolver | URLPattern], str, str]:
    """The API's addresses, as `path` takes them, with a problem in the place of Ninja's bare words about a wrong method."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        assert isinstance(pattern, URLPattern), "Ninja's addresses are flat"
        assert pattern.callback is not None, "and each is a view's"
        pattern.callback = _speaking_json(pattern.callback)
    return patterns, app_name, namespace


def _speaking_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def speaking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        problem = problem_response(MethodNotAllowed(method=request.method))
        problem.headers["Allow"] = response.headers["Allow"]
        return problem

    return speaking
