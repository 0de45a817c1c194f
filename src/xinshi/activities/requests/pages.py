"""Pages of requests: asking, one's own, the coordinator's answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.forms import initial_of_new
from xinshi.activities.pages import page_number, query_without_page
from xinshi.activities.plan_form import PlanForm
from xinshi.activities.requests import actions, queries
from xinshi.activities.requests.access import KeepsNoDepartment
from xinshi.activities.requests.forms import DeclineForm, RequestForm
from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, page
from xinshi.kernel.errors import NotAllowed


@page(SIGNED_IN, methods=("GET", "POST"))
def ask(request: PageRequest) -> HttpResponse:
    """The two-minute form, for who keeps a department."""
    departments = queries.departments(request.actor)
    if not departments:
        raise KeepsNoDepartment
    if request.actor.person_id is None:
        raise NotAllowed
    form = RequestForm(request.POST or None, departments=departments)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.ask(actor=request.actor, request=form.request()))
        if made is not None:
            messages.success(request, gettext("Asked. You will hear within three working days."))
            return redirect("activities:request", made)
    return render(request, "activities/request_form.html", {"form": form})


@page(SIGNED_IN)
def requests(request: PageRequest) -> HttpResponse:
    """The requests of the departments one keeps; for coordinators what waits first."""
    everything = request.GET.get("all") == "1" or not request.actor.has(*STAFF)
    found = queries.requests_page(request.actor, only_open=not everything, page=page_number(request))
    context = {
        "found": found,
        "is_all": everything,
        "is_planner": request.actor.has(*STAFF),
        "may_ask": request.actor.person_id is not None and bool(queries.departments(request.actor)),
        "query": query_without_page(request),
    }
    return render(request, "activities/requests.html", context)


@page(SIGNED_IN)
def detail(request: PageRequest, request_id: int) -> HttpResponse:
    """A request with its history; who asked and who plans see the same."""
    context = {"found": queries.request_detail(request.actor, request_id), "decline": DeclineForm()}
    return render(request, "activities/request.html", context)


@page(SIGNED_IN, methods=("POST",))
def withdraw(request: PageRequest, request_id: int) -> HttpResponse:
    actions.withdraw(actor=request.actor, request_id=request_id)
    messages.success(request, gettext("The request is withdrawn."))
    return redirect("activities:request", request_id)


@page(STAFF, methods=("POST",))
def take_up(request: PageRequest, request_id: int) -> HttpResponse:
    actions.take_up(actor=request.actor, request_id=request_id)
    messages.success(request, gettext("The department sees that you are planning it."))
    return redirect("activities:request", request_id)


@page(STAFF, methods=("GET", "POST"))
def plan(request: PageRequest, request_id: int) -> HttpResponse:
    """The activity's form, filled from the request; saved as a draft, or published at once."""
    found = queries.request_detail(request.actor, request_id)
    suggested = actions.as_asked(found.row)
    form = PlanForm(
        request,
        suggested=suggested,
        fields=initial_of_new(suggested),
        in_charge=(found.row.asked_by_id, found.row.asked_by.name),
        repeats=True,
    )
    if form.is_sent and form.is_valid():
        made = attempt(
            form.activity,
            lambda: actions.plan(actor=request.actor, request_id=request_id, activity=form.new_activity()),
        )
        if made is not None:
            messages.success(request, gettext("The draft is saved. Publish it when volunteers may sign up."))
            return redirect("activities:request", request_id)
    context = {"plan": form, "activity": None, "asked": found}
    return render(request, "activities/form.html", context)


@page(STAFF, methods=("POST",))
def grant(request: PageRequest, request_id: int) -> HttpResponse:
    """One button: what was planned, or what was asked, is published."""
    actions.grant(actor=request.actor, request_id=request_id)
    messages.success(request, gettext("Published. Volunteers can sign up now."))
    return redirect("activities:request", request_id)


@page(STAFF, methods=("POST",))
def decline(request: PageRequest, request_id: int) -> HttpResponse:
    actions.decline(actor=request.actor, request_id=request_id, reason=request.POST.get("reason", ""))
    messages.success(request, gettext("Declined. The department was told why."))
    return redirect("activities:request", request_id)
