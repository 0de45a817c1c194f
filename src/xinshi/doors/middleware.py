"""The language of an answer, the headers that every one carries, and the log line that every request leaves."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; script-src 'self'; style-src 'self'; font-src 'self'"
)
"""No inline script and no inline style anywhere: markup that people typed can never run."""

log = logging.getLogger("xinshi.requests")


class RequestLog:
    """One line per request, without personal data: the route instead of the address, no query, no body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        identifier = uuid.uuid4().hex
        response = self.get_response(request)
        response.headers["X-Request-ID"] = identifier
        if not log.isEnabledFor(logging.INFO):
            return response
        match = getattr(request, "resolver_match", None)
        log.info(
            "request",
            extra={
                "request_id": identifier,
                "method": request.method,
                "route": f"/{match.route}" if match else "",
                "status": response.status_code,
                "milliseconds": round((time.monotonic() - started) * 1000, 1),
                "actor": getattr(getattr(request, "actor", None), "reference", ""),
            },
        )
        return response


class Language:
    """Chinese or English, as the reader chose or their device asks.

    No address names a language: Django's own middleware looks for one in it, before the answer and after it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.LANGUAGE_CODE = language = translation.get_language_from_request(request)
        translation.activate(language)
        response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", language)
        return response


class ResponseHeaders:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "HTTP_AUTHORIZATION" in request.META or getattr(getattr(request, "user", None), "is_authenticated", False):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
