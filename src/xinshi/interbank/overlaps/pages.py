"""The page of hours that may have been counted twice."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import PageRequest, page
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.interbank.overlaps import actions, queries
from xinshi.interbank.overlaps.wording import WHY

PER_PAGE: Final = 30


@page(READERS)
def overlaps(request: PageRequest) -> HttpResponse:
    """What waits, each beside the service that was known; or what was decided."""
    is_waiting = request.GET.get("state") != "decided"
    shown = Paginator(queries.reviews(request.actor, is_waiting=is_waiting), PER_PAGE).get_page(request.GET.get("page"))
    cards = queries.cards(request.actor, list(shown))
    context = {
        "page": shown,
        "cards": [(card, WHY.get(card.review.why, card.review.why)) for card in cards],
        "is_waiting": is_waiting,
        "query": "" if is_waiting else "state=decided",
        "may_write": is_keeper(request.actor) and is_waiting,
        "reason_length_max": actions.REASON_LENGTH_MAX,
    }
    return render(request, "interbank/overlaps.html", context)


@page(KEEPERS, methods=("POST",))
def accept(request: PageRequest, review_id: int) -> HttpResponse:
    actions.accept_overlap(actor=request.actor, review_id=review_id, reason=_reason(request))
    messages.success(request, gettext("Two services: the hours can be spent again."))
    return redirect("interbank:overlaps")


@page(KEEPERS, methods=("POST",))
def discard(request: PageRequest, review_id: int) -> HttpResponse:
    actions.discard_overlap(actor=request.actor, review_id=review_id, reason=_reason(request))
    messages.success(request, gettext("One service: the later hours were taken back."))
    return redirect("interbank:overlaps")


def _reason(request: PageRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "")[: actions.REASON_LENGTH_MAX]
