"""Pages for those who keep the pool: what waits for a decision, help, hours of groups, the station, taking back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.links import object_url
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.giving import access, actions, queries
from xinshi.giving.access import KEEPERS, READERS
from xinshi.giving.domain import Decision, MemberUnknown, RequestState
from xinshi.giving.forms import (
    DecisionForm,
    GrantChangeForm,
    GrantForm,
    GroupDonationForm,
    GroupHoursForm,
    StationForm,
    TakeBackForm,
)
from xinshi.kernel.errors import NotFound
from xinshi.kernel.minutes import hours_figure
from xinshi.organizations import queries as organizations

PAGE_SIZE: Final = 30
RECENT: Final = 10
REVERSALS: Final[dict[str, tuple[str, Callable[..., int]]]] = {
    "gift": ("gift_id", actions.reverse_gift),
    "donation": ("donation_id", actions.reverse_donation),
    "grant": ("grant_id", actions.reverse_grant),
    "group-hours": ("group_hours_id", actions.reverse_group_hours),
}


@page(READERS)
def desk(request: PageRequest) -> HttpResponse:
    """The pool and what waits, at a glance."""
    actor = request.actor
    waiting = queries.grants(actor, state=RequestState.PROPOSED).order_by("pk")
    entries = queries.group_hours(actor).filter(state=RequestState.PROPOSED).order_by("pk")
    context = {
        "rules": queries.rules(),
        "figures": queries.pool_figures(),
        "grants": queries.grant_cards(actor, waiting[:PAGE_SIZE]),
        "entries": queries.group_hours_cards(actor, entries[:PAGE_SIZE]),
        "accounts": queries.group_accounts(actor),
        "donations": queries.donations(actor).order_by("-pk")[:RECENT],
        "gifts": [queries.gift_card(actor, row) for row in queries.gifts(actor).order_by("-pk")[:RECENT]],
        "is_keeper": access.is_keeper(actor),
    }
    return render(request, "giving/desk.html", context)


@page(READERS)
def gifts(request: PageRequest) -> HttpResponse:
    """Every gift, newest first."""
    shown = Paginator(queries.gifts(request.actor).order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    cards = [queries.gift_card(request.actor, row) for row in shown]
    return render(request, "giving/gifts.html", {"page": shown, "cards": cards})


@page(READERS)
def donations(request: PageRequest) -> HttpResponse:
    """Every donation, newest first."""
    shown = Paginator(queries.donations(request.actor).order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "giving/donations.html", {"page": shown})


@page(KEEPERS, methods=("GET", "POST"))
def station(request: PageRequest) -> HttpResponse:
    """Register two members who come together as relatives."""
    form = StationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = {name: value for name, value in form.cleaned_data.items() if name != "relation"}
        action = partial(actions.register_relatives, actor=request.actor, relation=form.chosen(), **typed)
        if attempt(form, action) is not None:
            messages.success(request, gettext("The two are registered as relatives, and both are told."))
            return redirect("giving:desk")
    return render(request, "giving/station.html", {"form": form, "rules": queries.rules()})


@page(READERS)
def grants(request: PageRequest) -> HttpResponse:
    """All help, newest first; `?state=` narrows."""
    state = request.GET.get("state", "")
    known = state if state in RequestState._value2member_map_ else ""
    rows = queries.grants(request.actor, state=known).order_by("-pk")
    shown = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "cards": queries.grant_cards(request.actor, shown),
        "states": queries.state_choices(),
        "state": known,
        "query": f"state={known}" if known else "",
        "is_keeper": access.is_keeper(request.actor),
        "rules": queries.rules(),
    }
    return render(request, "giving/grants.html", context)


@page(KEEPERS, methods=("GET", "POST"))
def propose(request: PageRequest) -> HttpResponse:
    """Propose help for somebody in need."""
    form = GrantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: _propose(request, form.cleaned_data))
        if made is not None:
            messages.success(request, gettext("Proposed. Somebody else decides on it."))
            return redirect("giving:grant", made.id)
    context = {"form": form, "rules": queries.rules(), "pool": queries.pool_figures()}
    return render(request, "giving/propose.html", context)


def _propose(request: PageRequest, typed: dict[str, Any]) -> actions.Given:
    found = queries.member_by_number(request.actor, typed["passbook_number"])
    if found is None:
        raise MemberUnknown
    return actions.propose_grant(
        actor=request.actor,
        person_id=found.person_id,
        minutes=typed["hours"],
        reason=typed["reason"],
        key=typed["key"],
    )


@page(SIGNED_IN)
def grant(request: PageRequest, grant_id: int) -> HttpResponse:
    """One help out of the pool: for those who decide, and what its receiver may know."""
    return _show_grant(request, grant_id, DecisionForm())


def _show_grant(request: PageRequest, grant_id: int, form: DecisionForm) -> HttpResponse:
    card = queries.grant(request.actor, grant_id)
    is_own = access.is_own(request.actor, card.person_id)
    context = {
        "card": card,
        "form": form,
        "is_own": is_own,
        "is_reader": access.is_reader(request.actor),
        "pool": queries.pool_figures(),
        "left_minutes": queries.grant_left(card.person_id),
        "may_take_back": access.is_keeper(request.actor) and not is_own and card.state == RequestState.APPROVED,
    }
    return render(request, "giving/grant.html", context)


@page(KEEPERS, methods=("POST",))
def decide_grant(request: PageRequest, grant_id: int) -> HttpResponse:
    """Approve, refuse, or send back."""
    form = DecisionForm(request.POST)
    decision = _decision(request, (Decision.APPROVE, Decision.REFUSE, Decision.RETURN))
    if form.is_valid() and _done(form, partial(actions.decide_grant, grant_id=grant_id), request, decision):
        return redirect("giving:grant", grant_id)
    return _show_grant(request, grant_id, form)


def _decision(request: PageRequest, possible: tuple[Decision, ...]) -> Decision:
    typed = request.POST.get("decision", "")
    for decision in possible:
        if decision.value == typed:
            return decision
    raise NotFound


def _done(form: DecisionForm, action: Callable[..., None], request: PageRequest, decision: Decision) -> bool:
    """False where it was refused; the form says why."""

    def decide() -> bool:
        action(actor=request.actor, decision=decision, reason=form.cleaned_data["reason"])
        return True

    if attempt(form, decide) is None:
        return False
    texts = {
        Decision.APPROVE: gettext("Approved and booked."),
        Decision.REFUSE: gettext("Refused. Nothing was booked."),
        Decision.RETURN: gettext("Sent back to be changed."),
    }
    messages.success(request, texts[decision])
    return True


@page(KEEPERS, methods=("GET", "POST"))
def change_grant(request: PageRequest, grant_id: int) -> HttpResponse:
    """The proposer changes a proposal that waits or was sent back."""
    card = queries.grant(request.actor, grant_id)
    form = GrantChangeForm(request.POST or None, initial={"hours": hours_figure(card.minutes), "reason": card.reason})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data

        def change() -> bool:
            actions.change_grant(actor=request.actor, grant_id=grant_id, minutes=typed["hours"], reason=typed["reason"])
            return True

        if attempt(form, change):
            messages.success(request, gettext("Changed. It waits for a decision."))
            return redirect("giving:grant", grant_id)
    return render(request, "giving/change_grant.html", {"card": card, "form": form})


@page(KEEPERS, methods=("POST",))
def withdraw_grant(request: PageRequest, grant_id: int) -> HttpResponse:
    actions.withdraw_grant(actor=request.actor, grant_id=grant_id)
    messages.success(request, gettext("Taken back. Nobody decides on it any more."))
    return redirect("giving:grant", grant_id)


@page(KEEPERS, methods=("GET", "POST"))
def enter_group_hours(request: PageRequest) -> HttpResponse:
    """Enter what a group served as a group."""
    rows = organizations.organizations(request.actor).filter(is_active=True)
    form = GroupHoursForm(request.POST or None, organizations=list(rows.values_list("pk", "name")))
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        made = attempt(
            form,
            lambda: actions.enter_group_hours(
                actor=request.actor,
                organization_id=typed["organization"],
                title=typed["title"],
                worked_on=typed["worked_on"],
                minutes=typed["hours"],
                evidence=typed["evidence"],
                key=typed["key"],
            ),
        )
        if made is not None:
            messages.success(request, gettext("Entered. Somebody else approves it."))
            return redirect("giving:group_hours", made.id)
    return render(request, "giving/enter_group_hours.html", {"form": form, "rules": queries.rules()})


@page(READERS)
def group_hours(request: PageRequest, group_hours_id: int) -> HttpResponse:
    return _show_group_hours(request, group_hours_id, DecisionForm())


def _show_group_hours(request: PageRequest, group_hours_id: int, form: DecisionForm) -> HttpResponse:
    card = queries.group_hours_entry(request.actor, group_hours_id)
    context = {
        "card": card,
        "form": form,
        "may_take_back": access.is_keeper(request.actor) and card.state == RequestState.APPROVED,
    }
    return render(request, "giving/group_hours.html", context)


@page(KEEPERS, methods=("POST",))
def decide_group_hours(request: PageRequest, group_hours_id: int) -> HttpResponse:
    """Approve or refuse."""
    form = DecisionForm(request.POST)
    decision = _decision(request, (Decision.APPROVE, Decision.REFUSE))
    action = partial(actions.decide_group_hours, group_hours_id=group_hours_id)
    if form.is_valid() and _done(form, action, request, decision):
        return redirect("giving:group_hours", group_hours_id)
    return _show_group_hours(request, group_hours_id, form)


@page(KEEPERS, methods=("POST",))
def withdraw_group_hours(request: PageRequest, group_hours_id: int) -> HttpResponse:
    actions.withdraw_group_hours(actor=request.actor, group_hours_id=group_hours_id)
    messages.success(request, gettext("Taken back. Nobody decides on it any more."))
    return redirect("giving:group_hours", group_hours_id)


@page(READERS)
def group(request: PageRequest, organization_id: int) -> HttpResponse:
    """What one group earned and holds."""
    rows = queries.group_hours(request.actor, organization_id=organization_id).order_by("-pk")
    shown = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "organization": organizations.organization(request.actor, organization_id),
        "minutes": queries.group_minutes(organization_id),
        "page": shown,
        "cards": queries.group_hours_cards(request.actor, shown),
        "donations": queries.donations(request.actor)
        .filter(organization_id=organization_id)
        .order_by("-pk")[:PAGE_SIZE],
        "is_keeper": access.is_keeper(request.actor),
        "rules": queries.rules(),
    }
    return render(request, "giving/group.html", context)


@page(KEEPERS, methods=("GET", "POST"))
def donate_group_hours(request: PageRequest, organization_id: int) -> HttpResponse:
    """Give hours of a group to the pool on its behalf."""
    organization = organizations.organization(request.actor, organization_id)
    form = GroupDonationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        action = partial(
            actions.donate_group_hours,
            actor=request.actor,
            organization_id=organization_id,
            minutes=typed["hours"],
            reason=typed["reason"],
            key=typed["key"],
        )
        if attempt(form, action) is not None:
            messages.success(request, gettext("The hours are in the pool."))
            return redirect("giving:group", organization_id)
    context = {
        "organization": organization,
        "minutes": queries.group_minutes(organization_id),
        "form": form,
        "rules": queries.rules(),
    }
    return render(request, "giving/donate_group_hours.html", context)


@page(KEEPERS, methods=("GET", "POST"))
def take_back(request: PageRequest, kind: str, object_id: int) -> HttpResponse:
    """Ask for the reason, then reverse what was given by mistake."""
    if kind not in REVERSALS:
        raise NotFound
    argument, reverse = REVERSALS[kind]
    transfer_id = queries.transfer_of(f"{kind}:{object_id}")
    form = TakeBackForm(request.POST or None)
    address = object_url(f"{kind}:{object_id}")
    if request.method == "POST" and form.is_valid():
        action = partial(reverse, actor=request.actor, reason=form.cleaned_data["reason"], **{argument: object_id})
        if attempt(form, action) is not None:
            messages.success(
                request, gettext("Reversed. Both bookings stay in the book, and who was concerned is told.")
            )
            return redirect(address)
    context = {"kind": kind, "minutes": queries.minutes_of(transfer_id), "form": form, "address": address}
    return render(request, "giving/take_back.html", context)
