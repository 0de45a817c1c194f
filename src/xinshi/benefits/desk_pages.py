"""The benefit desk: scan or type a code, see one big yes or no, hand over, next; undo one's own mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.benefits import access, actions, queries
from xinshi.benefits.access import CLERKS, MANAGERS
from xinshi.benefits.domain import TYPED_CODE_LENGTH_MAX, VoucherUsed
from xinshi.benefits.forms import CancelForm, CodeForm
from xinshi.doors.middleware import CONTENT_SECURITY_POLICY
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop

SCANNER_POLICY: Final = CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
"""The camera's codes are read by a WebAssembly module that this site serves itself; nothing else is allowed by it."""


class NoSuchVoucher(DomainError):
    code = "no_such_voucher"
    message = gettext_noop("There is no voucher with this code. Compare it sign by sign.")


@page(CLERKS)
def desk(request: PageRequest) -> HttpResponse:
    """Today's vouchers, and the verdict on the code that was typed (`?code=`) or what was just handed over (`?done=`)."""
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
    """Redeem a voucher and be ready for the next. A second press of the same button shows the first one's success."""
    queries.voucher(request.actor, voucher_id)
    try:
        actions.fulfil(actor=request.actor, voucher_id=voucher_id)
    except VoucherUsed:
        if not queries.pressed_twice(request.actor, voucher_id):
            raise
    response = redirect("benefits:desk")
    response["Location"] += f"?done={voucher_id}"
    return response


@page(CLERKS, methods=("POST",))
def no_show(request: PageRequest, voucher_id: int) -> HttpResponse:
    """Nobody came."""
    queries.voucher(request.actor, voucher_id)
    actions.mark_no_show(actor=request.actor, voucher_id=voucher_id)
    messages.success(request, gettext("Marked as missed. The volunteer was told."))
    return redirect("benefits:desk")


@page(CLERKS, methods=("GET", "POST"))
def undo(request: PageRequest, voucher_id: int) -> HttpResponse:
    """Take back what the desk redeemed by mistake, within ten minutes."""
    return _with_reason(
        request,
        voucher_id,
        action=lambda reason: actions.undo_redeeming(actor=request.actor, voucher_id=voucher_id, reason=reason),
        words={
            "title": gettext("Undo redeeming"),
            "question": gettext(
                "The hours go back to the passbook by a reversal, and the voucher is not good any more."
            ),
            "done": gettext("Undone. The hours went back and the volunteer was told."),
        },
        after="benefits:desk",
    )


@page(MANAGERS, methods=("GET", "POST"))
def refund(request: PageRequest, voucher_id: int) -> HttpResponse:
    """Take a redeemed voucher back."""
    return _with_reason(
        request,
        voucher_id,
        action=lambda reason: actions.refund(actor=request.actor, voucher_id=voucher_id, reason=reason),
        words={
            "title": gettext("Refund the voucher"),
            "question": gettext(
                "The hours go back to the passbook by a reversal, and the voucher is not good any more."
            ),
            "done": gettext("Refunded. The hours went back and the volunteer was told."),
        },
        after="benefits:manage",
    )


@page(MANAGERS, methods=("GET", "POST"))
def excuse(request: PageRequest, voucher_id: int) -> HttpResponse:
    """Somebody had a good reason not to come."""
    return _with_reason(
        request,
        voucher_id,
        action=lambda reason: actions.excuse_no_show(actor=request.actor, voucher_id=voucher_id, reason=reason) or True,
        words={
            "title": gettext("Excuse the missed day"),
            "question": gettext(
                "Hours that stayed used come back by a reversal, and the day does not count as missed."
            ),
            "done": gettext("Excused. The volunteer was told."),
        },
        after="benefits:manage",
    )


def _with_reason(
    request: PageRequest,
    voucher_id: int,
    *,
    action: Callable[[str], Any],
    words: dict[str, str],
    after: str,
) -> HttpResponse:
    """Ask for the reason, then act; `words` has title, question and what is said when it is done."""
    card = queries.voucher(request.actor, voucher_id)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: action(form.cleaned_data["reason"]))
        if done is not None:
            messages.success(request, words["done"])
            return redirect(after)
    return render(request, "benefits/with_reason.html", {"card": card, "form": form, "words": words, "after": after})


def _desk(request: PageRequest, typed: str) -> HttpResponse:
    card, refusal = _verdict(request, typed) if typed else (None, None)
    is_yes = card is not None and refusal is None
    context = {
        "form": CodeForm(is_ready=not is_yes, initial={"code": "" if card else typed[:TYPED_CODE_LENGTH_MAX]}),
        "card": card,
        "refusal": refusal,
        "done": None if typed else _just_done(request),
        "may_cancel": card is not None and queries.may_cancel(request.actor, card),
        "may_be_missed": card is not None and queries.may_be_missed(request.actor, card),
        "today": queries.open_vouchers_today(),
        "handled": queries.handled_by(request.actor),
    }
    response = render(request, "benefits/desk.html", context)
    response.headers["Content-Security-Policy"] = SCANNER_POLICY
    return response


def _just_done(request: PageRequest) -> queries.VoucherCard | None:
    """What this clerk redeemed a moment ago, to be said large; nothing for another number in the address."""
    asked = request.GET.get("done", "")
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        return None
    return queries.just_redeemed(request.actor, int(asked))


def _verdict(request: PageRequest, typed: str) -> tuple[queries.VoucherCard | None, DomainError | None]:
    """The voucher, and why it is not redeemed now; a refusal without a voucher where the code is not known."""
    try:
        card = queries.voucher_by_code(request.actor, typed)
    except NotFound:
        return None, NoSuchVoucher()
    return card, queries.why_not_redeemed(request.actor, card)
