"""Pages for those who plan and lead: the desk's table, the form, publishing, calling off, adding somebody."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities import actions, queries
from xinshi.activities.access import LEADERS
from xinshi.activities.forms import DeskFilterForm, ReasonForm
from xinshi.activities.models import Activity
from xinshi.activities.pages import page_number, query_without_page
from xinshi.activities.plan_form import PlanForm
from xinshi.doors.pages import STAFF, PageRequest, attempt, back, page
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.people.queries import find_by_volunteer_numbers


@page(STAFF)
def desk(request: PageRequest) -> HttpResponse:
    """Every shift in a table, with filter and search."""
    return _table(request, "activities/desk.html", only_led=False)


@page(LEADERS)
def leading(request: PageRequest) -> HttpResponse:
    """The shifts of the activities one is in charge of."""
    return _table(request, "activities/leading.html", only_led=True)


@page(STAFF, methods=("GET", "POST"))
def create(request: PageRequest) -> HttpResponse:
    """A new activity; its shifts may be repeated on later days, looked at before anything is saved."""
    form = PlanForm(request, repeats=True)
    if form.is_sent and form.is_valid():
        made = attempt(
            form.activity, lambda: actions.create_activity(actor=request.actor, activity=form.new_activity())
        )
        if made is not None:
            messages.success(request, gettext("The draft is saved. Publish it when volunteers may sign up."))
            return redirect("activities:detail", made.activity_id)
    return render(request, "activities/form.html", {"plan": form, "activity": None})


@page(STAFF, methods=("GET", "POST"))
def edit(request: PageRequest, activity_id: int) -> HttpResponse:
    """Everything of an activity; what the form does not show stays as it is."""
    activity = queries.led_activity(request.actor, activity_id)
    form = PlanForm(request, current=activity)
    if form.is_sent and form.is_valid():
        changed = attempt(
            form.activity,
            lambda: actions.change_activity(actor=request.actor, activity_id=activity_id, activity=form.new_activity()),
        )
        if changed is not None:
            _say_changed(request, activity, changed=bool(changed))
            return redirect("activities:detail", activity_id)
    return render(request, "activities/form.html", {"plan": form, "activity": activity})


@page(STAFF, methods=("POST",))
def unpublish(request: PageRequest, activity_id: int) -> HttpResponse:
    """Take a publication back while nobody has signed up."""
    actions.unpublish(actor=request.actor, activity_id=activity_id)
    messages.success(request, gettext("It is a draft again; nobody had signed up."))
    return redirect("activities:detail", activity_id)


@page(STAFF, methods=("POST",))
def publish(request: PageRequest, activity_id: int) -> HttpResponse:
    actions.publish(actor=request.actor, activity_id=activity_id)
    messages.success(request, gettext("Published. Volunteers can sign up now."))
    return redirect("activities:detail", activity_id)


@page(STAFF, methods=("GET", "POST"))
def cancel(request: PageRequest, activity_id: int) -> HttpResponse:
    """Ask for the reason, then call the activity off."""
    activity = queries.led_activity(request.actor, activity_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = attempt(
            form,
            lambda: actions.cancel_activity(
                actor=request.actor, activity_id=activity_id, reason=form.cleaned_data["reason"]
            ),
        )
        if told is not None:
            messages.success(request, gettext("Called off. People told: %(count)d.") % {"count": told})
            return redirect("activities:detail", activity_id)
    return render(request, "activities/cancel.html", {"form": form, "activity": activity})


@page(LEADERS, methods=("POST",))
def add_person(request: PageRequest, shift_id: int) -> HttpResponse:
    """Give somebody a place by their volunteer number: on the telephone, or because they simply came."""
    number = request.POST.get("volunteer_number", "").replace("\0", "").strip()[:32]
    queries.led_shift(request.actor, shift_id)
    person_id = find_by_volunteer_numbers([number]).get(number)
    if person_id is None:
        raise Invalid(
            field=gettext_noop("Volunteer number"), reason=gettext_noop("Nobody with this number is in the archive.")
        )
    actions.sign_up(actor=request.actor, shift_id=shift_id, person_id=person_id)
    messages.success(request, gettext("The person has a place now."))
    return back(request, fallback="activities:leading")


def _table(request: PageRequest, template: str, *, only_led: bool) -> HttpResponse:
    form = DeskFilterForm(request.GET or None, initial={"when": "coming"})
    number = page_number(request)
    wanted = form.wanted(page=number, only_led=only_led) if form.is_bound else _unfiltered(number, only_led=only_led)
    context = {"form": form, "found": queries.desk_shifts(request.actor, wanted), "query": query_without_page(request)}
    return render(request, template, context)


def _unfiltered(number: int, *, only_led: bool) -> queries.DeskFilter:
    return queries.DeskFilter(page=number, only_led=only_led)


def _say_changed(request: PageRequest, activity: Activity, *, changed: bool) -> None:
    if not changed:
        messages.info(request, gettext("Nothing was different, so nothing was changed."))
    elif activity.state == Activity.State.PUBLISHED:
        messages.success(request, gettext("Changed. Everybody who signed up was told."))
    else:
        messages.success(request, gettext("Changed."))
