"""Django's handler, for a house in which everybody may come in the same minute.

An address without parameters but numbers is looked up once, whatever the numbers: Django goes through lists of patterns at
every request, and the site has some hundred of them. A program's call passes by what only pages need: sessions, messages
to the next page, tokens in forms, parts of pages; and the headers that every answer to a program carries are put together
once. Each of the three was a tenth of a small request.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch
from django.utils.module_loading import import_string

FOR_PAGES: Final = frozenset(
    {
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
    }
)
"""What does nothing for a call to the API that brings a token and no cookie."""
HEADERS_ONLY: Final = (
    "django.middleware.security.SecurityMiddleware",
    "xinshi.doors.middleware.ResponseHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
"""What does nothing for such a call but put headers on its answer, the same each time, or send it to an encrypted line."""

NUMBER: Final = re.compile(r"(?<=/)[0-9]{1,18}(?=/|\Z)")
"""A whole part of an address. Longer ones Django looks up, and what follows a line feed."""
TAKES_NUMBER: Final = re.compile(r"<int:(\w+)>")


class _Remembering(BaseHandler):
    """Remembers as many addresses as there are patterns of which every parameter is a number between slashes, at most.

    Which pattern fits such an address cannot depend on which numbers stand in it: no pattern names one, and what takes a
    number as a parameter takes any (a test looks through all patterns).
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, ResolverMatch] = {}

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """What answers the request; Http404 where nothing does."""
        path = request.path_info
        shape = NUMBER.sub("0", path)
        known = self._known.get(shape)
        if known is not None:
            found = _with_numbers(known, NUMBER.findall(path))
        else:
            found = super().resolve_request(request)
            if shape == f"/{TAKES_NUMBER.sub('0', found.route)}":
                self._known[shape] = found
        request.resolver_match = found
        return found


def _with_numbers(known: ResolverMatch, numbers: list[str]) -> ResolverMatch:
    """What answers an address that differs from a known one by its numbers only."""
    if not numbers:
        return known
    taken = dict(zip(TAKES_NUMBER.findall(known.route), map(int, numbers), strict=True))
    return ResolverMatch(
        known.func,
        known.args,
        {**known.kwargs, **taken},
        known.url_name,
        [*known.app_names],
        [*known.namespaces],
        known.route,
        known.tried,
        taken,
        known.extra_kwargs,  # type: ignore[attr-defined]  # missing from the stubs
    )


class HeadersOfPrograms:
    """The headers of HEADERS_ONLY, which are asked for them once: with and without encryption."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._asked = _bare
        for name in reversed(HEADERS_ONLY):
            self._asked = import_string(name)(self._asked)
        self._known: dict[bool, dict[str, tuple[str, str]]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_secure = request.is_secure()
        if settings.SECURE_SSL_REDIRECT and not is_secure:
            sent_away = self._asked(request)
            if sent_away.status_code != HTTPStatus.OK:
                return sent_away
        known = self._known.get(is_secure)
        if known is None:
            found = self._asked(request).headers
            known = self._known[is_secure] = {name.lower(): (name, found[name]) for name in found if found[name]}
        response = self.get_response(request)
        headers: Any = response.headers
        headers._store = {**known, **headers._store}  # noqa: SLF001  # All at once; what the answer says itself stays.
        return response


def _bare(_: HttpRequest) -> HttpResponse:
    return HttpResponse(content_type="")


class _Programs(_Remembering):
    """Answers programs, which are who their token says."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's signature
        every = settings.MIDDLEWARE
        settings.MIDDLEWARE = [
            f"{__name__}.{HeadersOfPrograms.__name__}",
            *(name for name in every if name not in FOR_PAGES and name not in HEADERS_ONLY),
        ]
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = every

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        request.user = AnonymousUser()
        return super().get_response(request)


class Handler(_Remembering, WSGIHandler):
    """The WSGI application."""

    def __init__(self) -> None:
        super().__init__()
        self._programs = _Programs()
        self._programs.load_middleware()

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        return self._programs.get_response(request) if is_programs(request) else super().get_response(request)


def is_programs(request: HttpRequest) -> bool:
    """A call to the API with a token and without any cookie: no session can have a part in it."""
    meta = request.META
    return (
        request.path_info.startswith("/api/")
        and meta.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        and "HTTP_COOKIE" not in meta
    )
