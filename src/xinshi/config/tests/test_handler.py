"""The handler that remembers what addresses mean."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404
from django.urls import resolve

from xinshi.config.handler import FOR_PAGES, Handler, is_programs
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


def test_what_has_parameters_or_is_nowhere_is_not_remembered() -> None:
    handler = Handler()
    first, second = (handler.resolve_request(request_for(f"/activities/{number}/")) for number in (7, 8))
    assert first.kwargs != second.kwargs
    for path in ("/nowhere/", "/bank"):
        with pytest.raises(Http404):
            handler.resolve_request(request_for(path))
    assert handler.resolve_request(request_for("/healthz")) is handler.resolve_request(request_for("/healthz"))
    assert list(handler._known) == ["/healthz"]


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
def token(db: None) -> str:
    [user_id] = create_users(
        actor=Actor.system("tests"),
        users=[NewUser(username="li", password=None, person_id=None, roles=frozenset({Role.COORDINATOR}))],
    )
    return issue_token(actor=actor_for(User.objects.get(pk=user_id)), name="脚本")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/people/me"),
        ("GET", "/api/v1/activities/"),
        ("GET", "/api/v1/nowhere"),
        ("DELETE", "/api/v1/people/me"),
        ("POST", "/api/v1/attendance/codes"),
        ("GET", "/api/v1/ledger/accounts/7"),
    ],
)
def test_a_program_is_told_the_same_with_and_without_what_pages_need(token: str, method: str, path: str) -> None:
    handler = Handler()
    for bearer in (f"Bearer {token}", "Bearer xinshi_of_nobody"):
        short = told(handler, method, path, HTTP_AUTHORIZATION=bearer)
        # A cookie of no meaning takes the way of the pages.
        assert short == told(handler, method, path, HTTP_AUTHORIZATION=bearer, HTTP_COOKIE="seen=1")
        assert short[1]["Cache-Control"] == "private, no-store"
        assert short[1]["X-Frame-Options"] == "DENY"


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
    assert set(settings.MIDDLEWARE) > FOR_PAGES
