"""What anybody may see of the book without signing in: its seals, the bank's key, and whether a receipt holds. No names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from xinshi.documents.qr import site_address
from xinshi.doors.pages import PUBLIC, PageRequest, page
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock
from xinshi.ledger import queries
from xinshi.ledger.checking import last_check
from xinshi.ledger.forms import ReceiptForm
from xinshi.ledger.proof.checking import Outcome, Report, Step
from xinshi.ledger.proof.seal_list import as_json
from xinshi.ledger.proof.seals import moment_text
from xinshi.ledger.receipts import bank_identity, check_here, headers, present_line
from xinshi.ledger.signing import published_keys, signing_key

SEALS_SHOWN: Final = 12
SEALS_IN_FILE: Final = 1_000


@page(PUBLIC)
def seals(request: PageRequest) -> HttpResponse:
    """The newest seals and the bank's public key: what to keep, and how to check with it."""
    newest = queries.newest_seals(limit=SEALS_SHOWN)
    context = {
        "head": newest[0] if newest else None,
        "seals": newest,
        "keys": published_keys(),
        "last_check": last_check(),
    }
    return render(request, "ledger/seals.html", context)


@page(PUBLIC)
def seals_file(request: PageRequest) -> HttpResponse:  # noqa: ARG001  # Everybody gets the same file.
    """The newest seals as a file that `xinshi verify receipt --seals` takes."""
    bank = asdict(bank_identity(signing_key()))
    content = as_json(headers(newest=SEALS_IN_FILE), bank=bank, exported_at=moment_text(clock.now()))
    response = HttpResponse(content, content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="seals.json"'
    return response


@page(PUBLIC, methods=("GET", "POST"))
def check(request: PageRequest) -> HttpResponse:
    """A receipt given as a file or text: one big yes or no, and what was looked at."""
    form = ReceiptForm(request.POST, request.FILES) if request.method == "POST" else ReceiptForm()
    report = check_here(form.given()) if form.is_bound and form.is_valid() else None
    context = {"form": ReceiptForm() if report else form, "report": report, "facts": _facts(report)}
    return render(request, "ledger/check.html", context)


@page(PUBLIC)
def check_line(request: PageRequest, transfer_id: int, fingerprint: str) -> HttpResponse:
    """The short address on paper: whether the book has today the line with this fingerprint."""
    found = present_line(transfer_id, fingerprint)
    outcome = Outcome.HOLDS if found else Outcome.FAILS
    report = Report((Step("fingerprint", outcome),), None)
    context = {"line": found, "report": report, "address": site_address(request.path)}
    return render(request, "ledger/check_line.html", context)


def _facts(report: Report | None) -> dict[str, object]:
    """What the receipt says, without what only its holder needs to know."""
    if report is None or report.receipt is None:
        return {}
    receipt = report.receipt
    line = receipt.line
    return {
        "line": line,
        "worked_on": clock.day_from_text(line["worked_on"]),
        "seal": receipt.seal,
        "head": receipt.head,
        "bank": receipt.bank.name_zh if is_chinese() else receipt.bank.name_en,
    }
