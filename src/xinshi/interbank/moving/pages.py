"""Pages: other banks and one's transfers with them; the desk's list, and what is unknown."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.exchange.models import Partner
from xinshi.interbank.identity.actions import make_tokens
from xinshi.interbank.moving import actions, queries
from xinshi.interbank.moving.access import require_person
from xinshi.interbank.moving.forms import DecisionForm, MoveForm
from xinshi.interbank.moving.models import Transfer
from xinshi.interbank.protocol.states import PayerState
from xinshi.kernel.codes import HoursKind
from xinshi.people.actions import give_consent

STATES: Final = frozenset({"open", *Transfer.State.values})
POLL_SECONDS: Final = 1
"""While a transfer that goes well goes on: somebody waits for it with a voucher in mind."""
LATE_POLL_SECONDS: Final = 3


@page(SIGNED_IN)
def own(request: PageRequest) -> HttpResponse:
    """Other banks, what one can do with each, and one's transfers."""
    context = {
        "banks": queries.banks(request.actor),
        "sendable": queries.own_sendable(request.actor),
        "transfers": queries.own_transfers(request.actor),
    }
    return render(request, "interbank/moving/own.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def agree(request: PageRequest, partner_id: int) -> HttpResponse:
    """Separate consent for one bank: what goes there, and what never does."""
    card = queries.bank(request.actor, partner_id)
    if request.method == "POST":
        person_id = require_person(request.actor)
        with transaction.atomic():
            give_consent(actor=request.actor, person_id=person_id, purpose=card.purpose)
            make_tokens(actor=request.actor, partner_id=partner_id, person_ids=[person_id])
        messages.success(request, gettext("Thank you. You can take it back at any time under “Me”."))
        return redirect("interbank:own")
    return render(request, "interbank/moving/agree.html", {"card": card})


@page(SIGNED_IN, methods=("GET", "POST"))
def send(request: PageRequest, partner_id: int) -> HttpResponse:
    """Send hours that were earned here to another bank."""
    return _move(request, partner_id, is_out=True)


@page(SIGNED_IN, methods=("GET", "POST"))
def bring(request: PageRequest, partner_id: int) -> HttpResponse:
    """Bring hours here that were earned at another bank."""
    return _move(request, partner_id, is_out=False)


def _move(request: PageRequest, partner_id: int, *, is_out: bool) -> HttpResponse:
    card = queries.bank(request.actor, partner_id)
    if not card.has_agreed:
        return redirect("interbank:agree", partner_id)
    kinds = [] if card.contract is None else card.contract.hours_kinds_out if is_out else card.contract.hours_kinds_in
    form = MoveForm(request.POST or None, kinds=kinds)
    if request.method == "POST" and form.is_valid():
        typed, verb = form.cleaned_data, actions.ask_transfer if is_out else actions.ask_to_bring
        made = attempt(
            form,
            lambda: verb(
                actor=request.actor,
                partner_id=partner_id,
                minutes=typed["hours"],
                kind=HoursKind(typed["kind"]),
                form_key=typed["key"],
            ),
        )
        if made is not None:
            return redirect("interbank:transfer", made)
    context = {
        "card": card,
        "form": form,
        "is_out": is_out,
        "may": card.may_go_out if is_out else card.may_come_in,
        "sendable": {kind: minutes for kind, minutes in queries.own_sendable(request.actor).items() if kind in kinds},
    }
    return render(request, "interbank/moving/move.html", context)


@page(SIGNED_IN)
def transfer(request: PageRequest, bank_transfer_id: int) -> HttpResponse:
    """One transfer: where it stands, refreshed by itself until it has ended."""
    return render(request, "interbank/moving/transfer.html", _about(request, bank_transfer_id))


@page(SIGNED_IN)
def transfer_part(request: PageRequest, bank_transfer_id: int) -> HttpResponse:
    """The part of the page that changes."""
    return render(request, "interbank/moving/_steps.html", _about(request, bank_transfer_id))


def _about(request: PageRequest, transfer_id: int) -> dict[str, object]:
    steps = queries.transfer(request.actor, transfer_id)
    is_own = steps.transfer.person_id == request.actor.person_id
    may_decide = steps.waits_for_people and is_keeper(request.actor) and not is_own
    is_mine = steps.decision is not None and steps.decision.proposed_by_ref == request.actor.reference
    initial = {"outcome": steps.decision.outcome} if steps.decision else {}
    return {
        "steps": steps,
        "row": steps.transfer,
        "is_own": is_own,
        "may_decide": may_decide,
        "may_confirm": may_decide and steps.decision is not None and not is_mine,
        "form": DecisionForm(initial=initial),
        "poll_seconds": LATE_POLL_SECONDS if steps.is_late else POLL_SECONDS,
    }


@page(READERS)
def desk(request: PageRequest) -> HttpResponse:
    """Every transfer, by bank and state; those without an answer first on request."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    bank, before = (_number(request.GET.get(name, "")) for name in ("bank", "before"))
    rows = queries.desk_transfers(request.actor, partner_id=bank, state=state, before=before)
    context = {
        "transfers": rows,
        "state": state,
        "bank": bank,
        "states": Transfer.State.choices,
        "banks": Partner.objects.filter(kind=Partner.Kind.BANK).order_by("name")[: queries.PAGE_SIZE],
        "next": rows[-1].pk if len(rows) == queries.PAGE_SIZE else None,
        "unknown": queries.unknown_count(request.actor),
    }
    return render(request, "interbank/moving/desk.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@page(KEEPERS, methods=("POST",))
def propose(request: PageRequest, bank_transfer_id: int) -> HttpResponse:
    """Say how an unknown transfer ended; a colleague confirms."""
    return _decide(request, bank_transfer_id, is_second=False)


@page(KEEPERS, methods=("POST",))
def confirm(request: PageRequest, bank_transfer_id: int) -> HttpResponse:
    """Confirm what a colleague proposed: booked, or given back."""
    return _decide(request, bank_transfer_id, is_second=True)


def _decide(request: PageRequest, transfer_id: int, *, is_second: bool) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Say what became of it, and how you know."))
        return redirect("interbank:transfer", transfer_id)
    outcome, reason = PayerState(form.cleaned_data["outcome"]), form.cleaned_data["reason"]
    if is_second:
        actions.confirm_decision(actor=request.actor, transfer_id=transfer_id, outcome=outcome, reason=reason)
        messages.success(request, gettext("Decided, and booked."))
    else:
        actions.propose_decision(actor=request.actor, transfer_id=transfer_id, outcome=outcome, reason=reason)
        messages.success(request, gettext("Written down. A colleague must confirm it."))
    return redirect("interbank:transfer", transfer_id)
