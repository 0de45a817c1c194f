"""Django's handler, which looks an address without parameters up once.

Django goes through lists of patterns at every request, and the site has some hundred of them: a tenth of a small request
went by with it. What an address without parameters means is the same each time.
"""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.urls import ResolverMatch


class Handler(WSGIHandler):
    """The WSGI application. It remembers as many addresses as there are patterns without parameters, at most."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, ResolverMatch] = {}

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """What answers the request; Http404 where nothing does."""
        path = request.path_info
        found = self._known.get(path)
        if found is None:
            found = super().resolve_request(request)
            if path == f"/{found.route}":
                self._known[path] = found
        request.resolver_match = found
        return found
