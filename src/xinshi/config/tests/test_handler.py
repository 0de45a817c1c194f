"""The handler that remembers what addresses mean."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404
from django.urls import resolve

from xinshi.config.handler import Handler


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
