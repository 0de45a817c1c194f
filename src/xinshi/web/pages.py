"""The shell's own pages: public home, a volunteer's start, the desk, the style guide."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities import queries as activities
from xinshi.activities.access import is_planner
from xinshi.attendance.outcomes.queries import outcome_totals
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, page
from xinshi.kernel import clock
from xinshi.ledger.access import READERS
from xinshi.ledger.checking import alarm_for
from xinshi.web import queries, wording
from xinshi.web.design import DesignForm, design_context
from xinshi.web.desk_tasks import tasks_for
from xinshi.web.display import display_of
from xinshi.web.navigation import DESK_ROLES, address_of, leading_links

NOON, EVENING = 12, 18
SHIFTS_SHOWN, SHIFTS_SHOWN_TO_ELDERS = 4, 2


@page(PUBLIC)
def home(request: PageRequest) -> HttpResponse:
    """What the bank is, live figures, the next open shifts."""
    context = {
        "figures": queries.home_figures(),
        "outcomes": outcome_totals(only_public=True),
        "shifts": queries.next_shifts(),
        "honour_roll": address_of("recognition:honour_roll"),
    }
    return render(request, "web/home.html", context)


@page(SIGNED_IN)
def start(request: PageRequest) -> HttpResponse:
    """A volunteer's day; who works at a desk goes on to it."""
    if request.actor.has(*DESK_ROLES):
        return redirect("web:desk")
    shifts_shown = SHIFTS_SHOWN_TO_ELDERS if display_of(request).is_elder else SHIFTS_SHOWN
    found = queries.start_of(request.actor, shifts_shown=shifts_shown)
    context = {
        "found": found,
        "greeting": _greeting(),
        "today": clock.today(),
        "star_text": wording.star_text(found.progress.level) if found.progress else "",
        "inbox": address_of("messages:inbox"),
        "passbook_address": address_of("bank:own"),
        "leading": leading_links(request.actor),
    }
    return render(request, "web/start.html", context)


@page(DESK_ROLES)
def desk(request: PageRequest) -> HttpResponse:
    """What needs the actor today, by what they may do."""
    may_plan = is_planner(request.actor)
    places = activities.empty_places_soon(hours=queries.HOURS_AHEAD, limit=queries.PLACES_LOOKED_AT) if may_plan else []
    context = {
        "today": clock.today(),
        "book_alarm": alarm_for(request.actor),
        "book_address": address_of("ledger:overview") if request.actor.has(*READERS) else "",
        "tasks": tasks_for(request.actor, places),
        "may_plan": may_plan,
        "shows_places": may_plan,
        "places": places[: queries.PLACES_SHOWN],
        "figures": queries.home_figures(),
    }
    return render(request, "web/desk.html", context)


def _greeting() -> str:
    hour = clock.now().astimezone(clock.HOSPITAL_ZONE).hour
    if hour < NOON:
        return gettext("Good morning")
    return gettext("Good afternoon") if hour < EVENING else gettext("Good evening")


@page(PUBLIC, methods=("GET", "POST"))
def design(request: PageRequest) -> HttpResponse:
    """Every component of the design system, alive; posting shows a form with errors."""
    form = DesignForm(request.POST if request.method == "POST" else None)
    return render(request, "web/design.html", design_context(form))
