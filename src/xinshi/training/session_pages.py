"""Sessions: what dates there are, one of them, taking and giving up a place; the trainer's list and the minutes."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, back, page
from xinshi.kernel.errors import NotFound
from xinshi.training import access, actions, queries
from xinshi.training.actions import Mark
from xinshi.training.forms import MinutesForm
from xinshi.training.paging import paged

PER_PAGE: Final = 30
ROSTER_MAX: Final = 1_000


@page(SIGNED_IN)
def sessions(request: PageRequest) -> HttpResponse:
    """Sessions and meetings to come, or those that are over."""
    when = "past" if request.GET.get("when") == "past" else "coming"
    kind = request.GET.get("kind", "")
    rows, context = paged(request, queries.sessions(request.actor, when=when, kind=kind), size=PER_PAGE)
    context |= {
        "rows": rows,
        "when": when,
        "trained": list(queries.trained_sessions(request.actor)[:10]),
        "may_manage": access.is_manager(request.actor),
    }
    return render(request, "training/sessions.html", context)


@page(SIGNED_IN)
def session(request: PageRequest, session_id: int) -> HttpResponse:
    """One session: when, where, with whom, and one's own place."""
    found = queries.session_view(request.actor, session_id)
    context = {"found": found, "session": found.session, "course": found.session.course}
    return render(request, "training/session.html", context)


@page(SIGNED_IN, methods=("POST",))
def sign_up(request: PageRequest, session_id: int) -> HttpResponse:
    """Take a place, or wait for one."""
    taken = actions.sign_up(actor=request.actor, session_id=session_id)
    if taken.is_waiting:
        messages.success(
            request, gettext("You wait for a place. As soon as one is free it is yours, and you are told.")
        )
    else:
        messages.success(request, gettext("You have a place."))
    return redirect("training:session", session_id)


@page(SIGNED_IN, methods=("POST",))
def give_up(request: PageRequest, place_id: int) -> HttpResponse:
    """Give one's place back."""
    actions.give_up(actor=request.actor, place_id=place_id)
    messages.success(request, gettext("Your place was given back. Thank you for saying so in time."))
    return back(request, fallback="training:sessions")


@page(SIGNED_IN)
def attendance(request: PageRequest, session_id: int) -> HttpResponse:
    """Who has a place, for the trainer: came, left, did not come."""
    found, places = queries.roster(request.actor, session_id)
    rows = list(places[:ROSTER_MAX])
    held = [row for row in rows if row.state == row.State.CONFIRMED]
    context = {
        "session": found,
        "course": found.course,
        "held": held,
        "waiting": [row for row in rows if row.state == row.State.WAITING],
        "came": sum(row.presence == row.Presence.PRESENT for row in held),
        "unmarked": sum(not row.presence for row in held),
        "may_mark": access.may_mark(request.actor, found),
        "minutes_form": MinutesForm(initial={"text": found.minutes_text}),
    }
    return render(request, "training/attendance.html", context)


@page(SIGNED_IN, methods=("POST",))
def mark(request: PageRequest, session_id: int) -> HttpResponse:
    """Mark one person, or everybody who is not marked yet."""
    wanted = request.POST.get("mark", "")
    if wanted not in {value.value for value in Mark}:
        raise NotFound
    _, places = queries.roster(request.actor, session_id)
    if request.POST.get("everybody"):
        rows = places.filter(state="confirmed", presence="").exclude(person_id=request.actor.person_id or 0)
        ids = list(rows.values_list("pk", flat=True)[:ROSTER_MAX])
    else:
        typed = request.POST.get("place", "")
        if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
            raise NotFound
        ids = [int(typed)]
    number = actions.mark(actor=request.actor, session_id=session_id, marks=dict.fromkeys(ids, Mark(wanted)))
    messages.success(request, gettext("Marked: %(number)s") % {"number": number})
    return redirect("training:attendance", session_id)


@page(SIGNED_IN, methods=("POST",))
def minutes(request: PageRequest, session_id: int) -> HttpResponse:
    """Keep the minutes of a meeting."""
    queries.roster(request.actor, session_id)
    form = MinutesForm(request.POST)
    if form.is_valid() and attempt(form, lambda: _write(request, session_id, form)):
        messages.success(request, gettext("The minutes were kept."))
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("training:attendance", session_id)


def _write(request: PageRequest, session_id: int, form: MinutesForm) -> bool:
    actions.write_minutes(actor=request.actor, session_id=session_id, text=form.cleaned_data["text"])
    return True


@page(SIGNED_IN, methods=("POST",))
def practical(request: PageRequest, session_id: int) -> HttpResponse:
    """The trainer says that somebody can do it in practice."""
    typed = request.POST.get("place", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise NotFound
    place = queries.place_in(request.actor, session_id, int(typed))
    if place.session.course_id is None:
        raise NotFound
    actions.judge_practical(actor=request.actor, person_id=place.person_id, course_id=place.session.course_id)
    messages.success(request, gettext("%(name)s has shown it in practice.") % {"name": place.person.name})
    return redirect("training:attendance", session_id)
