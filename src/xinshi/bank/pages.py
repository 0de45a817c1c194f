"""Pages of the passbook: one's own, anybody's for those who keep them, one deposit, and the statement as a document."""

from __future__ import annotations

from functools import partial
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.bank import actions, lots, printing, queries, statement_queries
from xinshi.bank.access import CORRECTORS, PASSBOOK_KEEPERS
from xinshi.bank.domain import STATE_CHANGES
from xinshi.bank.forms import PassbookStateForm, PlainFilterForm, SearchForm, StatementFilterForm, TakeBackForm
from xinshi.bank.models import Passbook
from xinshi.bank.picture import draw
from xinshi.bank.statements import grouped, typed_number
from xinshi.doors.links import object_url
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound
from xinshi.ledger.access import READERS
from xinshi.people.access import is_archive_reader

PASSBOOKS_PER_PAGE: Final = 50


def _whole_number(typed: str) -> int | None:
    """A whole number of the query string; None where it is missing or unreadable."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def _query_without(request: HttpRequest, name: str) -> str:
    """The list's own filter, to be kept by the links of the pager."""
    parameters = request.GET.copy()
    parameters.pop(name, None)
    return parameters.urlencode()


@page(SIGNED_IN)
def own(request: PageRequest) -> HttpResponse:
    """My passbook; whoever has none reads how to get one."""
    found = queries.own_passbook(request.actor)
    if found is None:
        return render(request, "bank/no_passbook.html")
    return _show(request, found)


@page(SIGNED_IN)
def passbook(request: PageRequest, passbook_id: int) -> HttpResponse:
    """A passbook by its id: for those who keep passbooks, and one's own."""
    return _show(request, queries.passbook(request.actor, passbook_id))


@page(SIGNED_IN)
def of_person(request: PageRequest, person_id: int) -> HttpResponse:
    """From the archive to the person's passbook."""
    try:
        found = queries.passbook_of(request.actor, person_id)
    except NotFound:
        if not is_archive_reader(request.actor):
            raise
        messages.info(request, gettext("There is no passbook for this person yet."))
        return redirect("people:person", person_id)
    return redirect("bank:passbook", found.pk)


def _show(request: PageRequest, found: Passbook) -> HttpResponse:
    known = queries.timeline()
    overview = queries.overview_of(found, known.on(clock.today()))
    form = StatementFilterForm(request.GET or None, overview=overview)
    wanted = form.chosen() if form.is_bound else queries.WHOLE
    before = _whole_number(request.GET.get("before", ""))
    is_own = found.person_id == request.actor.person_id
    statement = queries.statement(found, wanted=wanted, before_seq=before)
    context = {
        "passbook": found,
        "overview": overview,
        "is_own": is_own,
        "may_change_state": not is_own and request.actor.has(*CORRECTORS) and bool(STATE_CHANGES[found.state]),
        "picture": draw(overview.by_month, today=clock.today()) if overview.deposits else None,
        "holds": queries.held(found) if overview.balance.held else [],
        "expiring": lots.expiring(found, known=known) if overview.balance.posted else [],
        "form": form,
        "wanted": wanted,
        "statement": statement,
        "lines": [(line, object_url(line.source_ref)) for line in statement.lines],
        "is_newest": before is None,
        "query": _query_without(request, "before"),
    }
    return render(request, "bank/passbook.html", context)


@page(PASSBOOK_KEEPERS)
def passbooks(request: PageRequest) -> HttpResponse:
    """Find a passbook by its number or its person."""
    form = SearchForm(request.GET or None)
    term = form.typed() if form.is_bound else ""
    found = Paginator(queries.passbooks(request.actor, term=term), PASSBOOKS_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "bank/passbooks.html", {"form": form, "found": found, "query": _query_without(request, "page")}
    )


@page(SIGNED_IN)
def deposit(request: PageRequest, deposit_id: int) -> HttpResponse:
    """One deposit: where it came from, who approved it, its booking and its seal."""
    found = queries.deposit_detail(request.actor, deposit_id)
    context = {
        "found": found,
        "deposit": found.deposit,
        "source_url": object_url(found.deposit.source_ref),
        "may_read_book": request.actor.has(*READERS),
    }
    return render(request, "bank/deposit.html", context)


@page(CORRECTORS, methods=("GET", "POST"))
def take_back(request: PageRequest, deposit_id: int) -> HttpResponse:
    """Take a wrong deposit back, with the reason."""
    found = queries.deposit_detail(request.actor, deposit_id)
    form = TakeBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        action = partial(
            actions.reverse_deposit,
            actor=request.actor,
            deposit_id=deposit_id,
            reason=form.cleaned_data["reason"],
        )
        if attempt(form, action) is not None:
            messages.success(request, gettext("The deposit was taken back. Both bookings stay in the passbook."))
            return redirect("bank:deposit", deposit_id)
    return render(request, "bank/take_back.html", {"found": found, "deposit": found.deposit, "form": form})


@page(CORRECTORS, methods=("GET", "POST"))
def change_state(request: PageRequest, passbook_id: int) -> HttpResponse:
    """Freeze, free or close a passbook, with the reason."""
    found = queries.passbook(request.actor, passbook_id)
    form = PassbookStateForm(request.POST or None, passbook=found)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        action = partial(
            _change_state, request, passbook_id, state=Passbook.State(typed["state"]), reason=typed["reason"]
        )
        if attempt(form, action):
            messages.success(request, gettext("Done. The volunteer is told."))
            return redirect("bank:passbook", passbook_id)
    return render(request, "bank/change_state.html", {"passbook": found, "form": form})


def _change_state(request: PageRequest, passbook_id: int, *, state: Passbook.State, reason: str) -> bool:
    actions.change_passbook_state(actor=request.actor, passbook_id=passbook_id, state=state, reason=reason)
    return True


@page(SIGNED_IN)
def passbook_pdf(request: PageRequest, passbook_id: int) -> HttpResponse:
    """The statement to print, narrowed as the page was, with its number."""
    wanted = PlainFilterForm(request.GET).chosen()
    issue = actions.issue_statement(actor=request.actor, passbook_id=passbook_id, wanted=wanted)
    return printing.as_download(printing.statement_pdf(issue.passbook, issue))


@page(SIGNED_IN)
def passbook_xlsx(request: PageRequest, passbook_id: int) -> HttpResponse:
    """The statement as a spreadsheet, narrowed as the page was."""
    found = queries.passbook(request.actor, passbook_id)
    return printing.as_download(printing.statement_workbook(found, PlainFilterForm(request.GET).chosen()))


@page(PUBLIC)
def check(request: PageRequest) -> HttpResponse:
    """Type the number of a printed statement."""
    typed = request.GET.get("number", "")[:64]
    if number := typed_number(typed):
        return redirect("bank:check_statement", number)
    return render(request, "bank/check.html", {"typed": typed, "is_wrong": bool(typed.strip())})


@page(PUBLIC)
def check_statement(request: PageRequest, number: str) -> HttpResponse:
    """Whether this bank issued a statement with this number, and whether the book still says what the paper says."""
    context = {"found": statement_queries.check(number), "number": grouped(typed_number(number)) or number[:32]}
    return render(request, "bank/check_statement.html", context)
