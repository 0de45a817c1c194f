"""The auditor's view of the book: totals, accounts, bookings, seals, the reconciliation. What all see: `public_pages`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xinshi.doors.links import object_url
from xinshi.doors.pages import PageRequest, page
from xinshi.ledger import queries
from xinshi.ledger.access import READERS
from xinshi.ledger.checking import check_book, history
from xinshi.ledger.receipts import receipt_file, receipt_for

LINES = 50
NEWEST = 20
NIGHTS = 14


def _number(request: HttpRequest, name: str) -> int | None:
    """A whole number of the query string; None where it is missing or unreadable."""
    typed = request.GET.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


@page(READERS)
def overview(request: PageRequest) -> HttpResponse:
    """Totals, the bank's own accounts, the newest bookings, the last reconciliation; search for an account."""
    term = request.GET.get("term", "").strip()[:64]
    before = _number(request, "before")
    transfers = queries.transfers_page(before_id=before, limit=NEWEST)
    totals, system = queries.book()
    checks = history(limit=NIGHTS)
    context = {
        "totals": totals,
        "system": system,
        "transfers": transfers,
        "older": transfers[-1].pk if len(transfers) == NEWEST else None,
        "is_newest": before is None,
        "seals": queries.newest_seals(limit=5),
        "checks": checks,
        "last_check": checks[0] if checks else None,
        "term": term,
        "accounts": queries.matching_accounts(term) if term else [],
    }
    return render(request, "ledger/overview.html", context)


@page(READERS, methods=("POST",))
def verify(request: PageRequest) -> HttpResponse:
    """Reconcile the whole book now and show what was found."""
    return render(request, "ledger/verified.html", {"report": check_book(actor=request.actor)})


@page(READERS)
def account(request: PageRequest, account_id: int) -> HttpResponse:
    """One account; a bounded one with its statement."""
    found = queries.account(account_id)
    lines = queries.statement(account_id, before_seq=_number(request, "before"), limit=LINES)
    context = {
        "account": found,
        "balance": getattr(found, "balance", None),
        "owner_url": object_url(found.owner_ref),
        "lines": lines,
        "older": lines[-1].seq if len(lines) == LINES and lines[-1].seq > 1 else None,
    }
    return render(request, "ledger/account.html", context)


@page(READERS)
def transfer(request: PageRequest, transfer_id: int) -> HttpResponse:
    """One booking: both accounts, its key and source, its reversal, the seal that covers it."""
    found = queries.transfer(transfer_id)
    context = {
        "transfer": found,
        "source": queries.source_in(found.key),
        "source_url": object_url(queries.source_in(found.key)),
        "reversed_by": queries.reversal_of(transfer_id),
        "seal": queries.seal_over(transfer_id),
    }
    return render(request, "ledger/transfer.html", context)


@page(READERS)
def receipt(request: PageRequest, transfer_id: int) -> HttpResponse:  # noqa: ARG001  # The roles say who may.
    """The receipt of any booking as a file, for auditors and administrators."""
    return receipt_download(receipt_file(receipt_for(transfer_id)), transfer_id)


def receipt_download(content: bytes, transfer_id: int) -> HttpResponse:
    """A receipt as an answer that browsers save."""
    response = HttpResponse(content, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{transfer_id}.json"'
    return response
