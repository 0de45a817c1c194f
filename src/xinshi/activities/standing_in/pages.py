"""Pages of standing in: I cannot come, and can you stand in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.models import StandInAsk
from xinshi.activities.queries.line import own_ask
from xinshi.activities.queries.offers import offered_shift
from xinshi.activities.standing_in.actions import answer_ask, end_search, seek_stand_in
from xinshi.doors.pages import SIGNED_IN, PageRequest, back, page
from xinshi.kernel import clock


@page(SIGNED_IN, methods=("POST",))
def seek(request: PageRequest, signup_id: int) -> HttpResponse:
    """I cannot come: ask others."""
    seek_stand_in(actor=request.actor, signup_id=signup_id, reason=request.POST.get("reason", ""))
    messages.success(request, gettext("Others are asked now. The place is yours until somebody says yes."))
    return back(request, fallback="activities:mine")


@page(SIGNED_IN, methods=("POST",))
def end(request: PageRequest, signup_id: int) -> HttpResponse:
    """I can come after all."""
    end_search(actor=request.actor, signup_id=signup_id)
    messages.success(request, gettext("Good that you come after all. Nobody is asked any more."))
    return back(request, fallback="activities:mine")


@page(SIGNED_IN, methods=("GET", "POST"))
def asked(request: PageRequest, ask_id: int) -> HttpResponse:
    """Can you stand in? Yes or no."""
    ask = own_ask(request.actor, ask_id)
    if request.method == "POST":
        place = answer_ask(actor=request.actor, ask_id=ask_id, accept=request.POST.get("answer") == "yes")
        if place is None:
            messages.success(request, gettext("Thank you for answering. The next is asked."))
            return redirect("activities:mine")
        messages.success(request, gettext("The place is yours. Thank you for standing in!"))
        return redirect("activities:own_sign_up", place.signup_id)
    context = {
        "ask": ask,
        "shift": offered_shift(request.actor, ask.search.signup.shift_id),
        "is_open": ask.state == StandInAsk.State.ASKED and ask.answer_until > clock.now(),
    }
    return render(request, "activities/stand_in_ask.html", context)
