"""Pages for those who decide what is offered: benefits, and the days of dated ones."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.benefits import actions, queries
from xinshi.benefits.access import MANAGERS
from xinshi.benefits.domain import COURSE_KIND, Supply, check_places
from xinshi.benefits.forms import BenefitForm, CancelForm, PlacesForm, SlotsForm, initial_of
from xinshi.benefits.forms.managing import DEFAULTS
from xinshi.doors.pages import PageRequest, attempt, back, page
from xinshi.training.queries import coming_sessions_of_day


@page(MANAGERS)
def manage(request: PageRequest) -> HttpResponse:
    """Every benefit, on offer or not."""
    return render(request, "benefits/manage.html", {"rows": queries.managed(request.actor)})


@page(MANAGERS, methods=("GET", "POST"))
def create(request: PageRequest) -> HttpResponse:
    form = BenefitForm(request.POST or None, initial={**DEFAULTS, "is_active": True, "supply": Supply.STOCK})
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.create_benefit(actor=request.actor, benefit=form.benefit()))
        if made is not None:
            messages.success(request, gettext("The benefit is on record."))
            is_dated = form.benefit().supply is Supply.DATED
            return redirect("benefits:slots", made) if is_dated else redirect("benefits:manage")
    return render(request, "benefits/form.html", {"form": form, "benefit": None})


@page(MANAGERS, methods=("GET", "POST"))
def edit(request: PageRequest, benefit_id: int) -> HttpResponse:
    benefit = queries.benefit(request.actor, benefit_id)
    form = BenefitForm(request.POST or None, initial=initial_of(benefit))
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form,
            lambda: actions.change_benefit(actor=request.actor, benefit_id=benefit_id, benefit=form.benefit()),
        )
        if changed is not None:
            text = gettext("Changed.") if changed else gettext("Nothing was different, so nothing was changed.")
            messages.success(request, text)
            return redirect("benefits:manage")
    return render(
        request, "benefits/form.html", {"form": form, "benefit": benefit, "budgets": queries.budgets_of(benefit)}
    )


@page(MANAGERS, methods=("GET", "POST"))
def slots(request: PageRequest, benefit_id: int) -> HttpResponse:
    """The coming days of a benefit with their places, and a form for more."""
    benefit = queries.benefit(request.actor, benefit_id)
    form = SlotsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.add_slots(actor=request.actor, benefit_id=benefit_id, slots=form.slots()))
        if made is not None:
            messages.success(request, gettext("Days added: %(count)s.") % {"count": len(made)})
            return redirect("benefits:slots", benefit_id)
    context = {"form": form, "benefit": benefit, "slots": queries.coming_slots(benefit)}
    return render(request, "benefits/slots.html", context)


@page(MANAGERS)
def slot(request: PageRequest, slot_id: int) -> HttpResponse:
    """Who comes on a day."""
    found = queries.slot(request.actor, slot_id)
    context = {
        "slot": found,
        "benefit": found.benefit,
        "cards": queries.vouchers_of_slot(request.actor, slot_id),
        "waiting": queries.waiting_list(request.actor, benefit_id=found.benefit_id, slot_id=slot_id),
    }
    if found.benefit.kind == COURSE_KIND and not found.taken:
        context["trainings"] = coming_sessions_of_day(found.day)
    return render(request, "benefits/slot.html", context)


@page(MANAGERS, methods=("POST",))
def link_training(request: PageRequest, slot_id: int) -> HttpResponse:
    """Say of which training session a day of a course is the date."""
    typed = request.POST.get("session", "")
    session_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    if actions.link_training(actor=request.actor, slot_id=slot_id, session_id=session_id):
        messages.success(request, gettext("Changed."))
    return redirect("benefits:slot", slot_id)


@page(MANAGERS)
def line(request: PageRequest, benefit_id: int) -> HttpResponse:
    """Who waits for a benefit without days."""
    benefit = queries.benefit(request.actor, benefit_id)
    waiting = queries.waiting_list(request.actor, benefit_id=benefit_id, slot_id=None)
    return render(request, "benefits/line.html", {"benefit": benefit, "waiting": waiting})


@page(MANAGERS, methods=("POST",))
def change_slot(request: PageRequest, slot_id: int) -> HttpResponse:
    """Another number of places for one day."""
    form = PlacesForm(request.POST)
    places = form.cleaned_data["places"] if form.is_valid() else -1
    check_places(places)
    if actions.change_slot(actor=request.actor, slot_id=slot_id, places=places):
        messages.success(request, gettext("Changed."))
    return back(request, fallback="benefits:manage")


@page(MANAGERS, methods=("GET", "POST"))
def call_off_slot(request: PageRequest, slot_id: int) -> HttpResponse:
    """Ask for the reason, then close the day and cancel its vouchers."""
    found = queries.slot(request.actor, slot_id)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = attempt(
            form,
            lambda: actions.call_off_slot(actor=request.actor, slot_id=slot_id, reason=form.cleaned_data["reason"]),
        )
        if told is not None:
            messages.success(request, gettext("The day is called off. People told: %(count)s.") % {"count": told})
            return redirect("benefits:slots", found.benefit_id)
    return render(request, "benefits/call_off.html", {"form": form, "slot": found, "benefit": found.benefit})
