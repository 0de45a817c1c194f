"""Pages for volunteers and the public: what one may take, one activity, my shifts, one sign-up of mine."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities import actions, queries
from xinshi.activities.cards import ON_PAGES, card_of
from xinshi.activities.detailing import plan_on_page
from xinshi.activities.forms import OfferFilter
from xinshi.activities.lines import lines_by_day
from xinshi.activities.notes.queries import notes_on
from xinshi.activities.queries.line import list_with, own_holds
from xinshi.activities.queries.line import own_sign_up as own_sign_up_of
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, back, page, refusal_text
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound

OWN_SHIFTS_MAX = 100
ALIVE = ("confirmed", "offered", "waiting", "requested")


def page_number(request: HttpRequest) -> int:
    """The wanted page of a list; anything unreadable is the first."""
    typed = request.GET.get("page", "1")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 1


def query_without_page(request: HttpRequest) -> str:
    """The list's own filter, to be kept by the links of the pager."""
    parameters = request.GET.copy()
    parameters.pop("page", None)
    return parameters.urlencode()


@page(PUBLIC)
def offers(request: PageRequest) -> HttpResponse:
    """Shifts that one may take, by day; the others with why not on a tab of their own."""
    form = OfferFilter(request.GET or None)
    day, category = form.chosen() if form.is_bound else (None, "")
    tab = ""
    if request.actor.person_id is not None:
        tab = "others" if request.GET.get("tab") == "others" else "may"
    found = queries.open_shifts(request.actor, category=category, day=day, page=page_number(request), tab=tab)
    parameters = request.GET.copy()
    for name in ("page", "tab"):
        parameters.pop(name, None)
    context = {
        "form": form,
        "days": lines_by_day(request.actor, found.shifts),
        "found": found,
        "tab": tab,
        "is_filtered": bool(day or category),
        "query": query_without_page(request),
        "filter_query": parameters.urlencode(),
    }
    return render(request, "activities/offers.html", context)


@page(PUBLIC)
def detail(request: PageRequest, activity_id: int) -> HttpResponse:
    found = queries.activity_detail(request.actor, activity_id)
    context = {
        "found": found,
        "activity": found.activity,
        "notes": notes_on(request.actor, found.activity, found.own_states),
        "planned": plan_on_page(request.actor, found),
    }
    return render(request, "activities/detail.html", context)


@page(SIGNED_IN)
def mine(request: PageRequest) -> HttpResponse:
    """My coming shifts, what is offered to me, and for what I wait."""
    shifts = queries.coming_shifts(request.actor.person_id, limit=OWN_SHIFTS_MAX, states=ALIVE)
    days = [(key, list(rows)) for key, rows in groupby(shifts, key=lambda shift: shift.day)]
    return render(request, "activities/mine.html", {"days": days, "holds": own_holds(request.actor)})


@page(SIGNED_IN)
def own_sign_up(request: PageRequest, signup_id: int) -> HttpResponse:
    """One sign-up of mine: where a reminder and an offer lead to. Somebody else's stands in the list of its shift."""
    try:
        row = own_sign_up_of(request.actor, signup_id)
    except NotFound:
        shift_id = list_with(request.actor, signup_id)
        if shift_id is None:
            raise
        return redirect("activities:people", shift_id)
    return render(request, "activities/own_sign_up.html", {"row": row})


@page(SIGNED_IN, methods=("POST",))
def sign_up(request: PageRequest, shift_id: int) -> HttpResponse:
    """Take a place for oneself, or ask for one; htmx gets the shift's card anew."""
    try:
        place = actions.sign_up(actor=request.actor, shift_id=shift_id, note=request.POST.get("note", ""))
    except DomainError as refusal:
        return _refused(request, shift_id, refusal)
    shift = queries.shown_after(request.actor, place)
    if place.state == "requested":
        text = gettext("You asked for a place. The person in charge decides, and you are told.")
    else:
        text = gettext("The place is yours. See you there!")
    return _done(request, shift_id, text, shift)


@page(SIGNED_IN, methods=("POST",))
def wait(request: PageRequest, shift_id: int) -> HttpResponse:
    """Join the waiting list of a full shift."""
    try:
        actions.join_waiting_list(actor=request.actor, shift_id=shift_id)
    except DomainError as refusal:
        return _refused(request, shift_id, refusal)
    return _done(request, shift_id, gettext("You are on the waiting list. As soon as a place is free you are told."))


@page(SIGNED_IN, methods=("POST",))
def answer_offer(request: PageRequest, signup_id: int) -> HttpResponse:
    """Yes or no to a place that is offered."""
    accept = request.POST.get("answer") == "yes"
    place = actions.answer_offer(actor=request.actor, signup_id=signup_id, accept=accept)
    if accept:
        return _done(request, place.shift_id, gettext("The place is yours. See you there!"))
    return _done(request, place.shift_id, gettext("Thank you for telling us. Somebody else can have the place."))


@page(SIGNED_IN, methods=("POST",))
def say_coming(request: PageRequest, signup_id: int) -> HttpResponse:
    """The answer to a reminder."""
    actions.say_coming(actor=request.actor, signup_id=signup_id)
    messages.success(request, gettext("Thank you, we count on you."))
    return redirect("activities:own_sign_up", signup_id)


@page(SIGNED_IN, methods=("POST",))
def cancel_sign_up(request: PageRequest, signup_id: int) -> HttpResponse:
    """Give a place back, one's own or that of somebody one leads."""
    place = actions.cancel_sign_up(actor=request.actor, signup_id=signup_id)
    if place.person_id != request.actor.person_id:
        messages.success(request, gettext("The place was taken back and the volunteer was told."))
        return back(request, fallback="activities:desk")
    return _done(request, place.shift_id, gettext("Your place is free for somebody else. Thank you for telling us."))


def _done(request: PageRequest, shift_id: int, text: str, shift: queries.OfferedShift | None = None) -> HttpResponse:
    """`shift`: as it is now, where that is known."""
    if is_htmx(request):
        return _card(request, shift_id, shift, said=text)
    messages.success(request, text)
    return back(request, fallback="activities:mine")


def _refused(request: PageRequest, shift_id: int, refusal: DomainError) -> HttpResponse:
    """htmx gets the card with the reason; without htmx the refusal is said at the top of the page."""
    if not is_htmx(request) or isinstance(refusal, NotFound | NotAllowed):
        raise refusal
    shift = queries.shown_refused(request.actor, shift_id, refusal)
    return _card(request, shift_id, shift, refused=refusal_text(refusal))


def _card(
    request: PageRequest, shift_id: int, shift: queries.OfferedShift | None, *, said: str = "", refused: str = ""
) -> HttpResponse:
    """The shift's card anew, as it stands on the activity's own page or elsewhere."""
    kind = request.POST.get("card", "")
    may_lead = kind in ON_PAGES and queries.may_open_list(request.actor, shift_id)
    card = card_of(
        request.actor,
        shift or queries.offered_shift(request.actor, shift_id),
        kind=kind,
        may_lead=may_lead,
        said=said,
        refused=refused,
    )
    return render(request, "activities/_cards.html", {"cards": [card]})


def is_htmx(request: HttpRequest) -> bool:
    """True for a request that htmx makes to replace a part of the page."""
    return bool(getattr(request, "htmx", False)) and request.headers.get("HX-Boosted") != "true"
