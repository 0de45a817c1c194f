"""What an address that is not there answers: a page to people, problem+json to programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from xinshi.doors.api import problem_response
from xinshi.kernel.errors import NotFound

API: str = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler404`."""
    if request.path.startswith(API):
        return problem_response(NotFound())
    return page_not_found(request, exception)
