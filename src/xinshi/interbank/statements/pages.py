"""Pages of statements: the months of one bank, one statement, its files, and the check that anybody may make."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import PUBLIC, PageRequest, attempt, page
from xinshi.exchange.access import READERS, is_keeper
from xinshi.interbank.reconciling.queries import bank
from xinshi.interbank.statements import actions, queries
from xinshi.interbank.statements.figures import file_bytes
from xinshi.interbank.statements.forms import CounterForm, MonthForm
from xinshi.interbank.statements.models import BankStatement
from xinshi.interbank.statements.printing import grouped, hospital_name, owed_text, statement_pdf

PER_PAGE: Final = 24


@page(READERS, methods=("GET", "POST"))
def statements(request: PageRequest, partner_id: int) -> HttpResponse:
    """The months of one bank; keepers issue one that is still missing."""
    partner = bank(request.actor, partner_id)
    form = MonthForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        issued = attempt(
            form,
            lambda: actions.issue_statement(
                actor=request.actor, partner_id=partner_id, month=form.cleaned_data["month"]
            ),
        )
        if issued is not None:
            return redirect("interbank:statement", issued.pk)
    rows = queries.statements(request.actor, partner_id=partner_id)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"partner": partner, "page": shown, "form": form, "may_write": is_keeper(request.actor)}
    return render(request, "interbank/statements.html", context)


@page(READERS, methods=("GET", "POST"))
def statement(request: PageRequest, statement_id: int) -> HttpResponse:
    """One statement; keepers file the partner's own beside it."""
    found = queries.statement(request.actor, statement_id)
    form = CounterForm(request.POST, request.FILES) if request.method == "POST" else CounterForm()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["file"].read()
        filed = attempt(
            form, lambda: actions.file_counter_statement(actor=request.actor, statement_id=statement_id, data=data)
        )
        if filed is not None:
            text = (
                gettext("Filed. Both statements say the same.") if not filed.differs else gettext("Filed. They differ.")
            )
            (messages.warning if filed.differs else messages.success)(request, text)
            return redirect("interbank:statement", statement_id)
    context = {
        "found": found,
        "body": found.document["statement"],
        "number": grouped(found.number),
        "owed": owed_text(found),
        "counters": queries.counter_statements(found),
        "form": form,
        "may_write": is_keeper(request.actor),
    }
    return render(request, "interbank/statement.html", context)


@page(READERS)
def statement_paper(request: PageRequest, statement_id: int) -> HttpResponse:
    """The statement as a PDF in the reader's language."""
    found = queries.statement(request.actor, statement_id)
    return _download(statement_pdf(found), "application/pdf", found, "pdf")


@page(READERS)
def statement_file(request: PageRequest, statement_id: int) -> HttpResponse:
    """The statement with its signature, for programs and for `xinshi verify statement`."""
    found = queries.statement(request.actor, statement_id)
    return _download(file_bytes(found.document), "application/json", found, "json")


def _download(data: bytes, content_type: str, found: BankStatement, ending: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    name = f"statement-{found.partner.code}-{found.month:%Y-%m}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page(PUBLIC)
def check_statement(request: PageRequest, number: str) -> HttpResponse:
    """Whether this bank issued a statement with this number, and whether the book still says what the paper says."""
    found = queries.check(number[:64])
    context = {
        "found": found,
        "number": grouped(found.row.number) if found else number[:32],
        "hospital": hospital_name(),
    }
    return render(request, "interbank/check_statement.html", context)
