"""The receipt 收据 of a line: what it proves in plain words, to download, and with a code that anybody may scan."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.bank import queries
from xinshi.documents.qr import qr_svg, site_address
from xinshi.doors.links import object_url
from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.ledger.access import READERS
from xinshi.ledger.domain import NotProvenYet
from xinshi.ledger.pages import receipt_download
from xinshi.ledger.receipts import fingerprint_of, receipt_for
from xinshi.ledger.receipts import receipt_file as file_of


@page(SIGNED_IN)
def receipt(request: PageRequest, passbook_id: int, seq: int) -> HttpResponse:
    """One line and its receipt; for one's own passbook, and those who keep passbooks."""
    found, line = queries.line(request.actor, passbook_id, seq)
    context = {
        "passbook": found,
        "line": line,
        "is_own": found.person_id == request.actor.person_id,
        "evidence_url": object_url(line.source_ref),
        "may_read_book": request.actor.has(*READERS),
        **_proof(line.transfer_id),
    }
    return render(request, "bank/receipt.html", context)


def _proof(transfer_id: int) -> dict[str, object]:
    """The receipt with its short address as a code; nothing while the line waits for its seal."""
    try:
        issued = receipt_for(transfer_id)
    except NotProvenYet:
        return {"receipt": None}
    path = reverse("ledger:check_line", args=[transfer_id, fingerprint_of(issued)])
    label = gettext("Code to check this line: scan it with any phone")
    return {
        "receipt": issued,
        "address": site_address(path),
        "check_path": path,
        "qr": qr_svg(path, label=label),
        "is_older": not issued.seal.history,
    }


@page(SIGNED_IN)
def receipt_file(request: PageRequest, passbook_id: int, seq: int) -> HttpResponse:
    """The receipt to keep."""
    _, line = queries.line(request.actor, passbook_id, seq)
    return receipt_download(file_of(receipt_for(line.transfer_id)), line.transfer_id)
