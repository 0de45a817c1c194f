"""Pages of templates and copies: choose, give a day, done."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities import queries as activity_queries
from xinshi.activities.patterns import actions, queries
from xinshi.activities.patterns.domain import first_day
from xinshi.doors.pages import STAFF, PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, gettext_noop

WEEK = timedelta(days=7)


def _day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class CopyForm(forms.Form):
    first = forms.DateField(label=_("First day of the copy"), widget=_day_input())


class WeekForm(forms.Form):
    source = forms.DateField(label=_("A day of the week to copy"), widget=_day_input())
    target = forms.DateField(label=_("A day of the week to copy to"), widget=_day_input())


@page(STAFF)
def patterns(request: PageRequest) -> HttpResponse:
    """Templates, each with a day to plan it on; and copying a whole week."""
    today = clock.today()
    monday = today - timedelta(days=today.weekday())
    context = {
        "patterns": queries.patterns(),
        "suggested": today + WEEK,
        "week": WeekForm(initial={"source": monday, "target": monday + WEEK}),
    }
    return render(request, "activities/patterns.html", context)


@page(STAFF, methods=("POST",))
def save(request: PageRequest, activity_id: int) -> HttpResponse:
    actions.save_pattern(actor=request.actor, activity_id=activity_id, name=request.POST.get("name", "").strip()[:80])
    messages.success(request, gettext("Kept as a template. Plan it again from “Templates”."))
    return redirect("activities:detail", activity_id)


@page(STAFF, methods=("POST",))
def drop(request: PageRequest, pattern_id: int) -> HttpResponse:
    actions.drop_pattern(actor=request.actor, pattern_id=pattern_id)
    messages.success(request, gettext("The template is gone; activities made of it stay."))
    return redirect("activities:patterns")


@page(STAFF, methods=("POST",))
def use(request: PageRequest, pattern_id: int) -> HttpResponse:
    """A draft of a template on the day that was chosen."""
    made = actions.create_from_pattern(
        actor=request.actor, pattern_id=pattern_id, first=_day(request.POST.get("first", ""))
    )
    messages.success(request, gettext("The draft is saved. Publish it when volunteers may sign up."))
    return redirect("activities:detail", made.activity_id)


@page(STAFF, methods=("GET", "POST"))
def copy(request: PageRequest, activity_id: int) -> HttpResponse:
    """Another day for the same activity."""
    activity = activity_queries.led_activity(request.actor, activity_id)
    suggested = max(first_day(activity_queries.planned_activity(request.actor, activity_id)) + WEEK, clock.today())
    form = CopyForm(request.POST or None, initial={"first": suggested})
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: actions.copy_activity(
                actor=request.actor, activity_id=activity_id, first=form.cleaned_data["first"]
            ),
        )
        if made is not None:
            messages.success(request, gettext("Copied as a draft. Publish it when volunteers may sign up."))
            return redirect("activities:detail", made.activity_id)
    return render(request, "activities/copy.html", {"form": form, "activity": activity})


@page(STAFF, methods=("POST",))
def copy_week(request: PageRequest) -> HttpResponse:
    form = WeekForm(request.POST)
    if not form.is_valid():
        raise Invalid(field=gettext_noop("Day"), reason=gettext_noop("Choose a day between 1990 and 2199."))
    made = actions.copy_week(
        actor=request.actor, source=form.cleaned_data["source"], target=form.cleaned_data["target"]
    )
    text = ngettext("%(n)s activity was copied as a draft.", "%(n)s activities were copied as drafts.", len(made))
    messages.success(request, text % {"n": len(made)})
    return redirect("activities:desk")


def _day(text: str) -> date:
    day = clock.day_from_text(text)
    if day is None:
        raise Invalid(field=gettext_noop("Day"), reason=gettext_noop("Choose a day between 1990 and 2199."))
    return day
