"""Pages for who leads: everybody of a shift, requests to decide, a place against a rule, who did not come."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities import actions
from xinshi.activities.access import LEADERS, LIST_READERS
from xinshi.activities.queries.line import requests_to_decide, shift_people
from xinshi.activities.queries.planning import led_shift
from xinshi.doors.pages import STAFF, PageRequest, back, page
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.people.queries import find_by_volunteer_numbers

NUMBER_LENGTH_MAX = 32


@page(LIST_READERS)
def people(request: PageRequest, shift_id: int) -> HttpResponse:
    """Requests, waiting list, places and who did not come, of one shift."""
    return render(request, "activities/people.html", {"found": shift_people(request.actor, shift_id)})


@page(LEADERS)
def to_decide(request: PageRequest) -> HttpResponse:
    """Everybody who asked for a place and waits for a decision."""
    return render(request, "activities/to_decide.html", {"rows": requests_to_decide(request.actor)})


@page(LEADERS, methods=("POST",))
def decide(request: PageRequest, signup_id: int) -> HttpResponse:
    """Yes, or no with a reason, to one request."""
    accept = request.POST.get("answer") == "yes"
    reason = request.POST.get("reason", "")
    place = actions.decide_request(actor=request.actor, signup_id=signup_id, accept=accept, reason=reason)
    said = (
        gettext("The place is given and the volunteer was told.")
        if accept
        else gettext("Declined; the volunteer was told why.")
    )
    messages.success(request, said)
    return back(request, fallback="activities:to_decide") if place else redirect("activities:to_decide")


@page(STAFF, methods=("POST",))
def override(request: PageRequest, shift_id: int) -> HttpResponse:
    """A coordinator gives a place against a rule that may be set aside, with the reason."""
    led_shift(request.actor, shift_id)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise Invalid(
            field=gettext_noop("Reason"), reason=gettext_noop("Say why the rule is set aside; it is recorded.")
        )
    person_id = person_with(request.POST.get("volunteer_number", ""))
    actions.sign_up(actor=request.actor, shift_id=shift_id, person_id=person_id, override_reason=reason)
    messages.success(request, gettext("The person has a place now. The reason is on record."))
    return redirect("activities:people", shift_id)


@page(LEADERS, methods=("POST",))
def wait_for(request: PageRequest, shift_id: int) -> HttpResponse:
    """Put somebody without a phone on the waiting list."""
    led_shift(request.actor, shift_id)
    person_id = person_with(request.POST.get("volunteer_number", ""))
    actions.join_waiting_list(actor=request.actor, shift_id=shift_id, person_id=person_id)
    messages.success(request, gettext("The person is on the waiting list now."))
    return redirect("activities:people", shift_id)


@page(LEADERS, methods=("POST",))
def undo_no_show(request: PageRequest, signup_id: int) -> HttpResponse:
    """The person came after all."""
    place = actions.undo_no_show(actor=request.actor, signup_id=signup_id, reason=request.POST.get("reason", ""))
    messages.success(request, gettext("The place counts again. Enter the hours in the leader's list."))
    return redirect("activities:people", place.shift_id)


def person_with(typed: str) -> int:
    """Who has this volunteer number; Invalid where nobody has."""
    number = typed.replace("\0", "").strip()[:NUMBER_LENGTH_MAX]
    person_id = find_by_volunteer_numbers([number]).get(number)
    if person_id is None:
        raise Invalid(
            field=gettext_noop("Volunteer number"), reason=gettext_noop("Nobody with this number is in the archive.")
        )
    return person_id
