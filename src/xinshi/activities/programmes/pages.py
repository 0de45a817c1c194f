"""Pages of programmes, for everybody; and of the calendar that coordinators plan by."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.programmes import actions, queries
from xinshi.activities.programmes.calendar import days_between
from xinshi.activities.programmes.forms import OwnDayForm, ProgrammeForm
from xinshi.doors.pages import PUBLIC, STAFF, PageRequest, attempt, page
from xinshi.kernel import clock, workdays

DAYS_SHOWN = 365


@page(PUBLIC)
def programmes(request: PageRequest) -> HttpResponse:
    context = {"lines": queries.programmes(actor=request.actor), "may_plan": request.actor.has(*STAFF)}
    return render(request, "activities/programmes.html", context)


@page(PUBLIC)
def programme(request: PageRequest, programme_id: int) -> HttpResponse:
    """What it is, for whom, what was done under it, what is coming."""
    return render(request, "activities/programme.html", {"found": queries.programme_page(request.actor, programme_id)})


@page(STAFF, methods=("GET", "POST"))
def create(request: PageRequest) -> HttpResponse:
    form = ProgrammeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.create_programme(actor=request.actor, programme=form.programme()))
        if made is not None:
            messages.success(request, gettext("The programme is there. Plan activities under it."))
            return redirect("activities:programme", made)
    return render(request, "activities/programme_form.html", {"form": form, "programme": None})


@page(STAFF, methods=("GET", "POST"))
def edit(request: PageRequest, programme_id: int) -> HttpResponse:
    row = queries.programme(programme_id)
    form = ProgrammeForm(request.POST or None, initial=ProgrammeForm.initial_of(row))
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form,
            lambda: actions.change_programme(
                actor=request.actor, programme_id=programme_id, programme=form.programme()
            ),
        )
        if changed is not None:
            messages.success(request, gettext("Changed."))
            return redirect("activities:programme", programme_id)
    return render(request, "activities/programme_form.html", {"form": form, "programme": row})


@page(STAFF, methods=("POST",))
def end(request: PageRequest, programme_id: int) -> HttpResponse:
    actions.end_programme(actor=request.actor, programme_id=programme_id)
    messages.success(request, gettext("Ended. What was held under it stays; it can go on at any time."))
    return redirect("activities:programme", programme_id)


@page(STAFF, methods=("POST",))
def resume(request: PageRequest, programme_id: int) -> HttpResponse:
    actions.resume_programme(actor=request.actor, programme_id=programme_id)
    messages.success(request, gettext("The programme goes on."))
    return redirect("activities:programme", programme_id)


@page(STAFF, methods=("GET", "POST"))
def calendar(request: PageRequest) -> HttpResponse:
    """A year of holidays, make-up days and own days; own days are kept here."""
    form = OwnDayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        month, day = form.month_and_day()
        data = form.cleaned_data
        kept = attempt(
            form,
            lambda: actions.keep_own_day(
                actor=request.actor, name=data["name"], name_en=data["name_en"], month=month, day=day
            ),
        )
        if kept is not None:
            messages.success(request, gettext("The day is kept every year from now on."))
            return redirect("activities:calendar")
    first = clock.today()
    last = first + timedelta(days=DAYS_SHOWN)
    context = {
        "form": form,
        "days": days_between(first, last),
        "own_days": queries.own_days(),
        "is_known": workdays.is_known(last),
        "known_year": workdays.LAST_KNOWN_YEAR,
    }
    return render(request, "activities/calendar.html", context)


@page(STAFF, methods=("POST",))
def drop_day(request: PageRequest, own_day_id: int) -> HttpResponse:
    actions.drop_own_day(actor=request.actor, own_day_id=own_day_id)
    messages.success(request, gettext("The day is kept no more."))
    return redirect("activities:calendar")
