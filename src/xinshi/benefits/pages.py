"""Pages for volunteers: what hours are redeemed for, reserving it, one's vouchers."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.benefits import access, actions, queries
from xinshi.benefits.domain import DayMissing, ReservationKeyReused
from xinshi.benefits.forms import CancelForm, RelativeForm, ReserveForm, new_key
from xinshi.documents.qr import qr_svg
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page

PAGE_SIZE: Final = 20


@page(SIGNED_IN)
def catalogue(request: PageRequest) -> HttpResponse:
    """What one can have now, what is still missing for the rest, and what is reserved or kept for one."""
    actor = request.actor
    standing = queries.standing_of(actor)
    kinds = queries.kinds_on_offer(actor)
    asked = request.GET.get("kind", "")
    kind = asked if asked in dict(kinds) else ""
    offers = queries.catalogue(actor, standing, kind=kind)
    context = {
        "now": [offer for offer in offers if offer.refusal is None],
        "later": [offer for offer in offers if offer.refusal is not None],
        "kinds": kinds,
        "kind": kind,
        "only_now": request.GET.get("now") == "1",
        "standing": standing,
        "open_vouchers": queries.my_vouchers(actor.person_id) if actor.person_id else [],
        "waiting": queries.own_waiting(actor),
        "may_manage": access.is_manager(actor),
        "may_redeem": access.is_clerk(actor),
    }
    return render(request, "benefits/catalogue.html", context)


@page(SIGNED_IN)
def benefit(request: PageRequest, benefit_id: int) -> HttpResponse:
    """One benefit, with the days to choose from."""
    actor = request.actor
    standing = queries.standing_of(actor)
    offer = queries.offer(actor, benefit_id, standing)
    slots = queries.coming_slots(offer.row, person_id=actor.person_id) if offer.is_dated else []
    context = {
        "offer": offer,
        "days": queries.calendar_of(slots),
        "full_slots": [slot for slot in slots if slot.places_left < 1],
        "has_free_day": any(slot.places_left > 0 for slot in slots),
        "standing": standing,
        "own_entry": queries.own_entry(actor, benefit_id=benefit_id),
        "relative_form": RelativeForm() if offer.row.for_relatives else None,
        "key": new_key(),
        "may_manage": access.is_manager(actor),
    }
    return render(request, "benefits/benefit.html", context)


@page(SIGNED_IN, methods=("POST",))
def reserve(request: PageRequest, benefit_id: int) -> HttpResponse:
    """Reserve for oneself or a relative; the same form sent twice leads to the same voucher."""
    form = ReserveForm(request.POST)
    if not form.is_valid():
        raise DayMissing if "key" not in form.errors else ReservationKeyReused
    made = actions.reserve(
        actor=request.actor,
        benefit_id=benefit_id,
        slot_id=form.cleaned_data["slot"],
        key=form.cleaned_data["key"],
        pieces=form.cleaned_data["pieces"] or 1,
        relative=form.relative(),
    )
    if made.is_new:
        messages.success(request, gettext("It is reserved for you. Show this page at the desk."))
    return redirect("benefits:voucher", made.voucher_id)


@page(SIGNED_IN)
def vouchers(request: PageRequest) -> HttpResponse:
    """One's own vouchers, open ones first."""
    shown = Paginator(queries.vouchers(request.actor), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "benefits/vouchers.html", {"page": shown, "cards": [queries.card_of(row) for row in shown]})


@page(SIGNED_IN)
def voucher(request: PageRequest, voucher_id: int) -> HttpResponse:
    """A voucher: for its owner with the QR code and the short code, for staff without."""
    actor = request.actor
    card = queries.voucher(actor, voucher_id)
    is_own = actor.person_id == card.person_id
    may_decide = access.is_manager(actor) and not is_own
    context = {
        "card": card,
        "is_own": is_own,
        "may_cancel": queries.may_cancel(actor, card),
        "may_redeem": access.is_clerk(actor) and not is_own,
        "may_be_missed": queries.may_be_missed(actor, card),
        "may_excuse": may_decide and card.state == "no_show" and card.ended_at is not None,
        "may_refund": may_decide and card.state == "fulfilled",
        "qr": _qr(card.short_code) if is_own and card.is_open else "",
    }
    return render(request, "benefits/voucher.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def cancel(request: PageRequest, voucher_id: int) -> HttpResponse:
    """Give a voucher back: its owner confirms, a clerk says why."""
    card = queries.voucher(request.actor, voucher_id)
    is_own = request.actor.person_id == card.person_id
    form = CancelForm(request.POST or None)
    if request.method == "POST" and is_own:
        actions.cancel(actor=request.actor, voucher_id=voucher_id)
        messages.success(request, gettext("Cancelled. The hours are back in your passbook."))
        return redirect("benefits:vouchers")
    if request.method == "POST" and form.is_valid() and _cancelled(request, form, voucher_id):
        messages.success(request, gettext("Cancelled. The hours went back and the volunteer was told."))
        return redirect("benefits:desk")
    context = {"card": card, "is_own": is_own, "form": form, "may_cancel": queries.may_cancel(request.actor, card)}
    return render(request, "benefits/cancel.html", context)


def _cancelled(request: PageRequest, form: CancelForm, voucher_id: int) -> bool:
    """False where it was refused; the form says why."""

    def action() -> bool:
        actions.cancel(actor=request.actor, voucher_id=voucher_id, reason=form.cleaned_data["reason"])
        return True

    return attempt(form, action) is not None


def _qr(short_code: str) -> str:
    return qr_svg(
        reverse("benefits:scan", args=[short_code]), label=gettext("QR code of this voucher; the desk scans it.")
    )
