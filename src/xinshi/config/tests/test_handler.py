"""The handler that remembers what addresses mean."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import Http404
from django.urls import URLResolver, get_resolver, resolve
from django.urls.converters import IntConverter, SlugConverter, StringConverter
from django.urls.resolvers import RoutePattern

from xinshi.config.handler import FOR_PAGES, HEADERS_ONLY, Handler, is_programs
from xinshi.kernel.actor import Actor, Role
from xinshi.people.access import actor_for
from xinshi.people.actions import NewUser, create_users, issue_token
from xinshi.people.models import User


def request_for(path: str) -> Any:
    return WSGIRequest({"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": BytesIO()})


@pytest.mark.parametrize("path", ["/", "/healthz", "/bank/", "/api/v1/attendance/codes", "/activities/7/"])
def test_an_address_means_the_same_the_second_time(path: str) -> None:
    handler, expected = Handler(), resolve(path)
    for _ in range(2):
        request = request_for(path)
        found = handler.resolve_request(request)
        assert (found.func, found.args, found.kwargs) == (expected.func, expected.args, expected.kwargs)
        assert request.resolver_match is found


def test_what_differs_by_numbers_only_is_remembered_once() -> None:
    handler = Handler()
    paths = [f"/activities/{number}/" for number in (7, 8, 0, 10**18 - 1, 10**18)]
    paths += [f"/bank/duplicates/{one}/{other}/" for one, other in ((1, 2), (3, 4))]
    for path in paths:
        expected = resolve(path)
        for _ in range(2):
            found = handler.resolve_request(request_for(path))
            assert vars(found).keys() == vars(expected).keys()
            mine, theirs = ({**vars(one), "tried": None} for one in (found, expected))
            assert mine == theirs
    assert list(handler._known) == ["/activities/0/", "/bank/duplicates/0/0/"]


def test_what_is_nowhere_is_not_remembered() -> None:
    handler = Handler()
    for path in ("/nowhere/", "/bank", "/activities/7", "/activities/7/\n", f"/activities/{'7' * 5_000}/"):
        with pytest.raises(Http404):
            handler.resolve_request(request_for(path))
    assert handler.resolve_request(request_for("/healthz")) is handler.resolve_request(request_for("/healthz"))
    assert list(handler._known) == ["/healthz"]


TAKE_ALL_NUMBERS = {IntConverter, SlugConverter, StringConverter}


def patterns(under: URLResolver) -> Iterator[Any]:
    for one in under.url_patterns:
        yield one.pattern
        if isinstance(one, URLResolver):
            yield from patterns(one)


def test_no_pattern_tells_one_number_from_another() -> None:
    """What `Handler` builds on: no part of an address is a certain number, and parameters take all numbers or none."""
    every = list(patterns(get_resolver()))
    assert len(every) > 200
    for pattern in every:
        assert isinstance(pattern, RoutePattern), pattern
        assert not any(part.isdigit() for part in str(pattern).split("/")), pattern
        assert {type(one) for one in pattern.converters.values()} <= TAKE_ALL_NUMBERS, pattern


def told(handler: Handler, method: str, path: str, **headers: str) -> tuple[str, dict[str, str], bytes]:
    """What a WSGI server is told: status, headers but those of the moment, body."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(b"{}"),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2",
        **headers,
    }
    heard: list[Any] = []
    body = b"".join(handler(environ, lambda status, sent: heard.extend([status, dict(sent)])))
    status, sent = heard
    return status, {name: value for name, value in sent.items() if name not in ("X-Request-ID", "Vary")}, body


@pytest.fixture
def token(db: None) -> Iterator[str]:
    """Of a coordinator. A request would end the test's connection with its transaction: Django's client sees to it, too."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield _issued()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _issued() -> str:
    [user_id] = create_users(
        actor=Actor.system("tests"),
        users=[NewUser(username="li", password=None, person_id=None, roles=frozenset({Role.COORDINATOR}))],
    )
    return issue_token(actor=actor_for(User.objects.get(pk=user_id)), name="脚本")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/people/me", 200),
        ("GET", "/api/v1/activities", 200),
        ("GET", "/api/v1/nowhere", 404),
        ("DELETE", "/api/v1/people/me", 405),
        ("POST", "/api/v1/attendance/codes", 422),
        ("GET", "/api/v1/ledger/accounts/7", 404),
    ],
)
def test_a_program_is_told_the_same_with_and_without_what_pages_need(
    token: str, method: str, path: str, status: int
) -> None:
    handler = Handler()
    for bearer in (f"Bearer {token}", "Bearer xinshi_of_nobody"):
        short = told(handler, method, path, HTTP_AUTHORIZATION=bearer)
        # A cookie of no meaning takes the way of the pages.
        assert short == told(handler, method, path, HTTP_AUTHORIZATION=bearer, HTTP_COOKIE="seen=1")
        assert int(short[0][:3]) in ((status,) if token in bearer else (status, 401))
        assert short[1]["Cache-Control"] == "private, no-store"
        assert short[1]["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("line", ["http", "https"])
def test_a_program_is_sent_to_an_encrypted_line_as_a_page_is(token: str, settings: Any, line: str) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    handler = Handler()
    answers = [
        told(
            handler,
            "GET",
            "/api/v1/people/me",
            HTTP_AUTHORIZATION=f"Bearer {token}",
            **{"wsgi.url_scheme": line},
            **more,
        )
        for more in ({}, {"HTTP_COOKIE": "seen=1"}, {})
    ]
    assert answers[0] == answers[1] == answers[2]
    status, headers, _ = answers[0]
    assert status[:3] == {"http": "301", "https": "200"}[line]
    assert headers.get("Strict-Transport-Security") == {"http": None, "https": "max-age=60"}[line]


def test_only_a_token_without_any_cookie_passes_by_sessions() -> None:
    def short(path: str, **headers: str) -> bool:
        return is_programs(
            WSGIRequest({"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": BytesIO(), **headers})
        )

    assert short("/api/v1/activities/", HTTP_AUTHORIZATION="Bearer x")
    assert not short("/activities/", HTTP_AUTHORIZATION="Bearer x")
    assert not short("/api/v1/activities/")
    assert not short("/api/v1/activities/", HTTP_AUTHORIZATION="Basic x")
    assert not short("/api/v1/activities/", HTTP_AUTHORIZATION="Bearer x", HTTP_COOKIE="xinshi_session=x")


def test_every_middleware_that_programs_pass_by_is_one_of_the_sites() -> None:
    assert set(settings.MIDDLEWARE) > {*FOR_PAGES, *HEADERS_ONLY}
