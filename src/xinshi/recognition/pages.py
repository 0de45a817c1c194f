"""The honour roll for everybody, and one's own stars."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from xinshi.bank.domain import STARS_MAX
from xinshi.bank.queries import policy_in_force
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, page
from xinshi.recognition import queries


def _small_number(text: str, *, at_most: int) -> int | None:
    """A whole number from 1 to `at_most`; None for anything else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if 1 <= number <= at_most else None


@page(PUBLIC)
def honour_roll(request: PageRequest) -> HttpResponse:
    """Star volunteers who agreed to be named; how many there are of each star."""
    level = _small_number(request.GET.get("stars", ""), at_most=STARS_MAX)
    found = queries.honour_roll(level=level, page=_small_number(request.GET.get("page", ""), at_most=10_000) or 1)
    rules = policy_in_force().rules
    context = {
        "found": found,
        "figures": queries.figures(),
        "level": level,
        "query": f"stars={level}" if level else "",
        "thresholds": list(
            zip(range(1, STARS_MAX + 1), rules.star_thresholds_minutes, rules.star_verified_percent, strict=True)
        ),
    }
    return render(request, "recognition/honour_roll.html", context)


@page(SIGNED_IN)
def mine(request: PageRequest) -> HttpResponse:
    """One's own stars and the way to the next."""
    context = {
        "promotions": queries.own_promotions(request.actor),
        "progress": queries.own_progress(request.actor),
    }
    return render(request, "recognition/mine.html", context)
