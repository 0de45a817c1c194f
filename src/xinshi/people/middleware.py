"""Puts the actor on the request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from xinshi.people.access import actor_for


class ActorMiddleware:
    """`request.actor`, looked up when it is first read, from the session's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def look_up() -> object:
            user = request.user
            return actor_for(user if user.is_authenticated else None)

        request.actor = SimpleLazyObject(look_up)  # type: ignore[attr-defined]  # typed by doors.pages.PageRequest
        return self.get_response(request)
