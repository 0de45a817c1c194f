"""Pages of a list: the wanted one, and the list's own filter for the links between them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def page_number(request: HttpRequest) -> int:
    """The wanted page of a list; anything unreadable is the first."""
    typed = request.GET.get("page", "1")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 1


def query_without_page(request: HttpRequest) -> str:
    """The list's own filter, to be kept by the links of the pager."""
    parameters = request.GET.copy()
    parameters.pop("page", None)
    return parameters.urlencode()


def paged(request: HttpRequest, rows: QuerySet[Any, Any], *, size: int) -> tuple[list[Any], dict[str, Any]]:
    """One page of `rows`, and what `web/_pager_uncounted.html` needs."""
    found = Paginator(rows, size).get_page(page_number(request))
    context = {
        "found": {"number": found.number, "has_next": found.has_next()},
        "query": query_without_page(request),
    }
    return list(found.object_list), context
