"""Calendars to subscribe to, and the page where one makes and revokes one's own secret address."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.activities.feeds import actions, queries
from xinshi.activities.feeds.ical import Event, calendar
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, page

WORD_LENGTH_MAX = 64


@page(SIGNED_IN, methods=("GET", "POST"))
def own(request: PageRequest) -> HttpResponse:
    """One's own address: made anew it is shown once, because only its digest is kept."""
    address = ""
    if request.method == "POST":
        word = actions.make_address(actor=request.actor)
        address = f"{settings.BASE_URL}{reverse('activities:own_calendar', args=[word])}"
    context = {
        "address": address,
        "present": queries.address_of(request.actor.person_id),
        "open_address": f"{settings.BASE_URL}{reverse('activities:open_calendar')}",
        "has_person": request.actor.person_id is not None,
    }
    return render(request, "activities/feeds.html", context)


@page(SIGNED_IN, methods=("POST",))
def revoke(request: PageRequest) -> HttpResponse:
    actions.revoke_address(actor=request.actor)
    messages.success(request, gettext("The address is revoked: calendars that had it get nothing any more."))
    return redirect("activities:feeds")


@page(PUBLIC)
def own_calendar(_request: PageRequest, word: str) -> HttpResponse:
    """Whoever has the secret word reads this calendar; that is how calendar programs come."""
    events = queries.own_events(word[:WORD_LENGTH_MAX])
    answer = _file(events, name=gettext("My volunteer shifts"), file_name="xinshi.ics")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@page(PUBLIC)
def open_calendar(_request: PageRequest) -> HttpResponse:
    """What volunteers may sign up for."""
    answer = _file(queries.open_events(), name=gettext("Open volunteer shifts"), file_name="open-shifts.ics")
    answer.headers["Cache-Control"] = "public, max-age=900"
    return answer


@page(PUBLIC)
def shift_file(request: PageRequest, shift_id: int) -> HttpResponse:
    """One shift, to be put into a calendar by hand."""
    event = queries.shift_event(request.actor, shift_id)
    return _file([event], name=event.summary, file_name=f"shift-{shift_id}.ics")


def _file(events: list[Event], *, name: str, file_name: str) -> HttpResponse:
    answer = HttpResponse(calendar(events, name=name), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'inline; filename="{file_name}"'
    return answer
