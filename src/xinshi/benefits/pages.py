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
from xinshi.benefits.forms import CancelForm, ReserveForm, new_key
from xinshi.documents.qr import qr_svg
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page

PAGE_SIZE: Final = 20


@page(SIGNED_IN)
def catalogue(request: PageRequest) -> HttpResponse:
    """What is on offer, what one can spend, and why not."""
    standing = queries.standing_of(request.actor)
    context = {
        "offers": queries.catalogue(request.actor, standing),
        "standing": standing,
        "open_vouchers": queries.my_vouchers(request.actor.person_id) if request.actor.person_id else [],
        "may_manage": access.is_manager(request.actor),
        "may_redeem": access.is_clerk(request.actor),
    }
    return render(request, "benefits/catalogue.html", context)


@page(SIGNED_IN)
def benefit(request: PageRequest, benefit_id: int) -> HttpResponse:
    """One benefit, with the days to choose from."""
    standing = queries.standing_of(request.actor)
    offer = queries.offer(request.actor, benefit_id, standing)
    context = {
        "offer": offer,
        "slots": queries.coming_slots(benefit_id) if offer.is_dated else [],
        "standing": standing,
        "key": new_key(),
        "may_manage": access.is_manager(request.actor),
    }
    return render(request, "benefits/benefit.html", context)


@page(SIGNED_IN, methods=("POST",))
def reserve(request: PageRequest, benefit_id: int) -> HttpResponse:
    """Reserve for oneself; the same form sent twice leads to the same voucher."""
    form = ReserveForm(request.POST)
    if not form.is_valid():
        raise DayMissing if "key" not in form.errors else ReservationKeyReused
    made = actions.reserve(
        actor=request.actor,
        benefit_id=benefit_id,
        slot_id=form.cleaned_data["slot"],
        key=form.cleaned_data["key"],
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
    card = queries.voucher(request.actor, voucher_id)
    is_own = request.actor.person_id == card.person_id
    context = {
        "card": card,
        "is_own": is_own,
        "may_cancel": queries.may_cancel(request.actor, card),
        "may_redeem": access.is_clerk(request.actor) and not is_own,
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
