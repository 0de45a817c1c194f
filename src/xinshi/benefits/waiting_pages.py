"""Pages for who waits: joining and leaving a list, one's places on lists, accepting what is kept for one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.benefits import actions, queries
from xinshi.benefits.domain import DayMissing
from xinshi.benefits.forms import RelativeForm, WaitForm
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page


@page(SIGNED_IN)
def waiting(request: PageRequest) -> HttpResponse:
    """One's places on waiting lists, what is kept for one first."""
    return render(request, "benefits/waiting.html", {"cards": queries.own_waiting(request.actor)})


@page(SIGNED_IN, methods=("POST",))
def join(request: PageRequest, benefit_id: int) -> HttpResponse:
    """Wait for a full day, or for a benefit of which nothing is left."""
    form = WaitForm(request.POST)
    if not form.is_valid():
        raise DayMissing
    entry = actions.join_waiting_list(actor=request.actor, benefit_id=benefit_id, slot_id=form.cleaned_data["slot"])
    messages.success(request, gettext("You are on the waiting list. No hours are set aside while you wait."))
    return redirect("benefits:waiting_entry", entry)


@page(SIGNED_IN)
def entry(request: PageRequest, waiting_id: int) -> HttpResponse:
    """One place on a list: the position, or what is kept for one until when."""
    return _entry(request, waiting_id, RelativeForm())


@page(SIGNED_IN, methods=("POST",))
def accept(request: PageRequest, waiting_id: int) -> HttpResponse:
    """Take what is kept for one."""
    form = RelativeForm(request.POST)
    if form.is_valid():
        made = attempt(
            form,
            lambda: actions.accept_offer(actor=request.actor, waiting_id=waiting_id, relative=form.relative()),
        )
        if made is not None:
            messages.success(request, gettext("It is reserved for you. Show this page at the desk."))
            return redirect("benefits:voucher", made.voucher_id)
    return _entry(request, waiting_id, form)


@page(SIGNED_IN, methods=("POST",))
def leave(request: PageRequest, waiting_id: int) -> HttpResponse:
    """Wait no longer, or decline."""
    actions.leave_waiting_list(actor=request.actor, waiting_id=waiting_id)
    messages.success(request, gettext("You do not wait for this any longer."))
    return redirect("benefits:waiting")


def _entry(request: PageRequest, waiting_id: int, form: RelativeForm) -> HttpResponse:
    card = queries.waiting_entry(request.actor, waiting_id)
    context = {"card": card, "form": form, "is_own": request.actor.person_id == card.person_id}
    return render(request, "benefits/waiting_entry.html", context)
