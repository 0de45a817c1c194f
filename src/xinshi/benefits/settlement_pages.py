"""Statements with the departments that provide benefits: drawing up, confirming, settling, and the spreadsheet."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.benefits import access, actions
from xinshi.benefits.access import MANAGERS
from xinshi.benefits.forms import MonthForm
from xinshi.benefits.queries import settlement as queries
from xinshi.documents.workbook import XLSX_CONTENT_TYPE, write_workbook
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.minutes import hours_decimal
from xinshi.people.queries import names_by_reference

READERS: Final = MANAGERS | {Role.AUDITOR, Role.LEADER}
PAGE_SIZE: Final = 30


@page(READERS, methods=("GET", "POST"))
def statements(request: PageRequest) -> HttpResponse:
    """Every statement that one may see; managers draw up new ones."""
    actor = request.actor
    form = (
        MonthForm(request.POST or None, providers=queries.providers_to_settle(actor), initial=_last_month())
        if (access.is_manager(actor))
        else None
    )
    if request.method == "POST":
        access.require_manager(actor)
        if form is not None and form.is_valid():
            made = attempt(form, lambda: _draft(actor, form.cleaned_data["provider"], form.cleaned_data["month"]))
            if made is not None:
                return redirect("benefits:statement", made)
    shown = Paginator(queries.statements(actor), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": shown, "cards": [queries.card_of(row) for row in shown]}
    return render(request, "benefits/statements.html", context)


@page(READERS)
def statement(request: PageRequest, settlement_id: int) -> HttpResponse:
    """One department's month."""
    card = queries.statement(request.actor, settlement_id)
    names = names_by_reference([card.confirmed_by_ref, card.settled_by_ref])
    context = {
        "card": card,
        "confirmed_by": names.get(card.confirmed_by_ref, ""),
        "settled_by": names.get(card.settled_by_ref, ""),
        "may_confirm": card.can_be_confirmed and access.may_confirm(request.actor, provider_id=card.provider_id),
        "may_settle": card.state == "confirmed" and request.actor.has(Role.ADMINISTRATOR),
    }
    return render(request, "benefits/statement.html", context)


@page(READERS, methods=("POST",))
def confirm(request: PageRequest, settlement_id: int) -> HttpResponse:
    """The department says that it is right; from then on its lines stand."""
    actions.confirm_settlement(actor=request.actor, settlement_id=settlement_id)
    messages.success(request, gettext("Confirmed. Corrections from now on go to the next statement."))
    return redirect("benefits:statement", settlement_id)


@page(frozenset({Role.ADMINISTRATOR}), methods=("POST",))
def settle(request: PageRequest, settlement_id: int) -> HttpResponse:
    """The bank has seen it."""
    actions.settle(actor=request.actor, settlement_id=settlement_id)
    messages.success(request, gettext("Settled."))
    return redirect("benefits:statement", settlement_id)


@page(READERS)
def sheet(request: PageRequest, settlement_id: int) -> HttpResponse:
    """The statement as a spreadsheet."""
    card = queries.statement(request.actor, settlement_id)
    lines = [(line.benefit_name, line) for line in card.lines] + [(gettext("Total"), card.total)]
    data = write_workbook(
        sheet_name=gettext("Statements of departments"),
        headers=[
            gettext("Benefit"),
            gettext("Vouchers redeemed"),
            gettext("Pieces"),
            gettext("Hours"),
            gettext("Missed"),
            gettext("Corrections"),
        ],
        rows=[
            (name, line.vouchers, line.pieces, hours_decimal(line.minutes), line.no_shows, line.corrections)
            for name, line in lines
        ],
        preamble=[f"{card.provider_name} · {card.month:%Y-%m} · {card.state_label}"],
    )
    response = HttpResponse(data, content_type=XLSX_CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="statement-{card.id}-{card.month:%Y-%m}.xlsx"'
    return response


def _draft(actor: Actor, provider_id: int, month: date) -> int:
    return actions.draft_settlement(actor=actor, provider_id=provider_id, month=month)


def _last_month() -> dict[str, str]:
    first = clock.today().replace(day=1)
    year, month = (first.year - 1, 12) if first.month == 1 else (first.year, first.month - 1)
    return {"month": f"{year:04d}-{month:02d}"}
