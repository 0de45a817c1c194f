"""The auditor's page: who did what, when, to which object."""

from __future__ import annotations

from dataclasses import asdict
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xinshi.audit import queries
from xinshi.audit.access import READERS
from xinshi.doors.links import object_url
from xinshi.doors.pages import PageRequest, page

LINES = 50


def wanted_of(request: HttpRequest) -> queries.Filter:
    return queries.Filter(
        **{name: request.GET.get(name, "").strip()[:64] for name in ("action", "actor_ref", "object_ref", "day")}
    )


@page(READERS)
def log(request: PageRequest) -> HttpResponse:
    """The trail, newest first; filters by action, actor, object and day."""
    wanted = wanted_of(request)
    rows = queries.trail(request.actor, wanted)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    lines = list(rows[: LINES + 1])
    kept = {name: value for name, value in asdict(wanted).items() if value}
    older = lines[LINES - 1].pk if len(lines) > LINES else None
    context = {
        "seals": queries.seals(request.actor) if not before and not kept else [],
        "lines": [(line, object_url(line.object_ref)) for line in lines[:LINES]],
        "wanted": wanted,
        "older": f"?{urlencode(kept | {'before': older})}" if older else "",
        "is_newest": not before,
        "newest": f"?{urlencode(kept)}" if kept else "?",
    }
    return render(request, "audit/log.html", context)
