"""The benefit desk: type or scan a short code, see one big yes or no, redeem or cancel."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.benefits import access, actions, queries
from xinshi.benefits.access import CLERKS
from xinshi.benefits.domain import TYPED_CODE_LENGTH_MAX
from xinshi.benefits.forms import CodeForm
from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.kernel.minutes import hours_figure


class NoSuchVoucher(DomainError):
    code = "no_such_voucher"
    message = gettext_noop("There is no voucher with this code. Compare it sign by sign.")


@page(CLERKS)
def desk(request: PageRequest) -> HttpResponse:
    """Today's vouchers, and the verdict on the code that was typed (`?code=`)."""
    return _desk(request, request.GET.get("code", ""))


@page(SIGNED_IN)
def scan(request: PageRequest, code: str) -> HttpResponse:
    """Where the QR code leads: a clerk sees the desk's verdict, everybody else their own voucher."""
    if access.is_clerk(request.actor):
        return _desk(request, code)
    card = queries.voucher_by_code(request.actor, code)
    return redirect("benefits:voucher", card.id)


@page(CLERKS, methods=("POST",))
def fulfil(request: PageRequest, voucher_id: int) -> HttpResponse:
    """Redeem a voucher and be ready for the next."""
    card = queries.voucher(request.actor, voucher_id)
    actions.fulfil(actor=request.actor, voucher_id=voucher_id)
    text = gettext("Redeemed: %(benefit)s for %(person)s, %(hours)s hours.")
    messages.success(
        request,
        text % {"benefit": card.benefit_name, "person": card.person_name, "hours": hours_figure(card.minutes)},
    )
    return redirect("benefits:desk")


def _desk(request: PageRequest, typed: str) -> HttpResponse:
    card, refusal = _verdict(request, typed) if typed else (None, None)
    context = {
        "form": CodeForm(is_ready=card is None, initial={"code": "" if card else typed[:TYPED_CODE_LENGTH_MAX]}),
        "card": card,
        "refusal": refusal,
        "may_cancel": card is not None and queries.may_cancel(request.actor, card),
        "today": queries.open_vouchers_today(),
    }
    return render(request, "benefits/desk.html", context)


def _verdict(request: PageRequest, typed: str) -> tuple[queries.VoucherCard | None, DomainError | None]:
    """The voucher, and why it is not redeemed now; a refusal without a voucher where the code is not known."""
    try:
        card = queries.voucher_by_code(request.actor, typed)
    except NotFound:
        return None, NoSuchVoucher()
    return card, queries.why_not_redeemed(request.actor, card)
