"""What one says of suggestions: no, not this kind, none at all."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from xinshi.activities.queries import offered_shift
from xinshi.doors.pages import SIGNED_IN, PageRequest, back, page
from xinshi.scheduling.suggesting import actions


@page(SIGNED_IN, methods=("POST",))
def answer(request: PageRequest, shift_id: int) -> HttpResponse:
    """Not this shift, or not this kind of service."""
    if request.POST.get("answer") == "not_this_kind":
        actions.decline_kind(actor=request.actor, category=offered_shift(request.actor, shift_id).category)
        messages.success(request, gettext("This kind of service is not suggested to you any more."))
    else:
        actions.say_no(actor=request.actor, shift_id=shift_id)
        messages.success(request, gettext("This shift is not suggested to you any more."))
    return back(request, fallback="scheduling:mine")


@page(SIGNED_IN, methods=("POST",))
def choose(request: PageRequest) -> HttpResponse:
    """Suggestions and being planned for, on or off."""
    is_wanted = request.POST.get("wanted") == "yes"
    actions.choose(actor=request.actor, is_wanted=is_wanted)
    if is_wanted:
        messages.success(request, gettext("Good: shifts that suit you are suggested to you again."))
    else:
        messages.success(request, gettext("Nothing is suggested to you any more, and no plan counts on you."))
    return redirect("scheduling:mine")


@page(SIGNED_IN, methods=("POST",))
def take_back(request: PageRequest) -> HttpResponse:
    """This kind may be suggested again."""
    actions.take_kind_back(actor=request.actor, category=request.POST.get("category", "")[:4])
    messages.success(request, gettext("Saved."))
    return redirect("scheduling:mine")
