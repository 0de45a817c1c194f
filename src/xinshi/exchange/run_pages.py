"""Long imports on a page: how far they came, and the two buttons that stop them and let them go on."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from xinshi.doors.pages import PageRequest, page
from xinshi.exchange import queries
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.exchange.actions import continue_run, stop_run


@never_cache
@page(READERS)
def run(request: PageRequest, run_id: int) -> HttpResponse:
    """One import that the worker does; it goes on whether or not anybody looks."""
    return render(request, "exchange/run.html", _context(request, run_id))


@never_cache
@page(READERS)
def progress_part(request: PageRequest, run_id: int) -> HttpResponse:
    """The part of the page that changes."""
    return render(request, "exchange/_run.html", _context(request, run_id))


@page(KEEPERS, methods=("POST",))
def stop(request: PageRequest, run_id: int) -> HttpResponse:
    stop_run(actor=request.actor, run_id=run_id)
    return redirect("exchange:run", run_id)


@page(KEEPERS, methods=("POST",))
def go_on(request: PageRequest, run_id: int) -> HttpResponse:
    continue_run(actor=request.actor, run_id=run_id)
    return redirect("exchange:run", run_id)


def _context(request: PageRequest, run_id: int) -> dict[str, Any]:
    found = queries.run(request.actor, run_id)
    figures = found.figures
    return {
        "run": found,
        "percent": 100 * found.done_rows // found.row_count if found.row_count else 100,
        "credited": figures.get("credited", 0),
        "minutes": figures.get("minutes", 0),
        "held_back": figures.get("held_back", 0),
        "unmatched": figures.get("unmatched", 0),
        "rejected": figures.get("rejected", 0),
        "may_write": is_keeper(request.actor),
    }
