"""Opening accounts at the station: one person, or a roster with a preview before anything is written."""

from __future__ import annotations

import json
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.bank.printing import PDF, Document, as_download
from xinshi.bank.roster.forms import OpenAccountForm, RosterForm
from xinshi.bank.roster.importing import RosterReport, check_is_roster, empty_template, import_roster
from xinshi.bank.roster.opening import open_account as open_one
from xinshi.bank.roster.slip import slip_pdf
from xinshi.documents.keeping import KeptFile, KeptFileGone, forget, keep, kept
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.pages import STAFF, PageRequest, attempt, page, refusal_text
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError
from xinshi.people.wording import GROUPS

UPLOAD: Final = "roster"
RESULT: Final = "roster-result"
REJECTED: Final = "roster-rejected"
SLIP: Final = "account-slip"
SLIP_NAME: Final = "account-slip.pdf"
PAGE_SIZE: Final = 50


@never_cache
@page(STAFF, methods=("GET", "POST"))
def open_account(request: PageRequest) -> HttpResponse:
    """One person at the desk: basic data, consent, passbook."""
    form = OpenAccountForm(request.POST if request.method == "POST" else None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        opened = attempt(
            form,
            lambda: open_one(
                actor=request.actor,
                person=form.new_person(),
                organization_id=form.cleaned_data["organization"],
                gives_sign_in=form.cleaned_data["gives_sign_in"],
            ),
        )
        if opened is not None and opened.sign_in is not None:
            name = form.cleaned_data["name"]
            key = keep(actor=request.actor, purpose=SLIP, name=SLIP_NAME, data=slip_pdf(opened, name=name))
            context = {"opened": opened, "given": opened.sign_in, "name": name, "key": key}
            return render(request, "bank/roster/opened.html", context)
        if opened is not None:
            text = gettext("The account is open. Passbook number: %(number)s") % {"number": opened.number}
            messages.success(request, text)
            return redirect("people:person", opened.person_id)
    return render(request, "bank/roster/open_account.html", {"form": form})


@never_cache
@page(STAFF)
def slip(request: PageRequest, key: str) -> HttpResponse:
    """The slip to hand over: kept for an hour, for who opened the account."""
    found = kept(actor=request.actor, purpose=SLIP, key=key)
    return as_download(Document(SLIP_NAME, PDF, found.data))


@page(STAFF, methods=("GET", "POST"))
def import_volunteers(request: PageRequest) -> HttpResponse:
    """Take a roster in and go to its preview; nothing is written yet."""
    form = RosterForm(request.POST, request.FILES) if request.method == "POST" else RosterForm()
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        data = uploaded.read()
        key = attempt(form, lambda: _take_in(request, data, uploaded.name))
        if key is not None:
            return redirect("bank:roster_preview", key)
    return render(request, "bank/roster/upload.html", {"form": form})


def _take_in(request: PageRequest, data: bytes, name: str) -> str:
    check_is_roster(data, file_name=name)
    return keep(actor=request.actor, purpose=UPLOAD, name=name, data=data)


@never_cache
@page(STAFF, methods=("GET", "POST"))
def preview(request: PageRequest, key: str) -> HttpResponse:
    """GET: what would happen. POST: let it happen, with the file that was previewed."""
    try:
        upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
        if request.method == "POST":
            return redirect("bank:roster_result", _import(request, upload, key))
        report = import_roster(actor=request.actor, data=upload.data, file_name=upload.name, dry_run=True)
    except DomainError as refusal:
        return _start_again(request, refusal)
    context = _context(request, report.as_json())
    context |= {
        "key": key,
        "file_name": upload.name,
        "first_rows": [(row, GROUPS[row.group]) for row in report.first_rows],
    }
    return render(request, "bank/roster/preview.html", context)


def _import(request: PageRequest, upload: KeptFile, key: str) -> str:
    """Import for good; the key of the kept result."""
    report = import_roster(actor=request.actor, data=upload.data, file_name=upload.name)
    forget(actor=request.actor, purpose=UPLOAD, key=key)
    return keep_result(request.actor, report, upload.name)


def keep_result(actor: Actor, report: RosterReport, file_name: str) -> str:
    """Keep what an import did, and its rejected rows, for who imported."""
    rejected = ""
    if report.rejected_workbook:
        rejected = keep(actor=actor, purpose=REJECTED, name=file_name, data=report.rejected_workbook)
    answer = report.as_json() | {"file_name": file_name, "rejected_key": rejected}
    return keep(actor=actor, purpose=RESULT, name=file_name, data=json.dumps(answer).encode())


@never_cache
@page(STAFF)
def result(request: PageRequest, key: str) -> HttpResponse:
    try:
        answer = json.loads(kept(actor=request.actor, purpose=RESULT, key=key).data)
    except KeptFileGone as refusal:
        return _start_again(request, refusal)
    context = _context(request, answer)
    return render(request, "bank/roster/result.html", context | {"file_name": answer["file_name"]})


@never_cache
@page(STAFF)
def rejected_of_preview(request: PageRequest, key: str) -> HttpResponse:
    """The rows that would be rejected, to be corrected before anything is written."""
    upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
    report = import_roster(actor=request.actor, data=upload.data, file_name=upload.name, dry_run=True)
    if report.rejected_workbook is None:
        raise KeptFileGone
    return workbook_response(report.rejected_workbook, "rejected-rows.xlsx")


@never_cache
@page(STAFF)
def rejected(request: PageRequest, key: str) -> HttpResponse:
    """The rows that an import rejected, with the reasons, to be corrected and imported again."""
    return workbook_response(kept(actor=request.actor, purpose=REJECTED, key=key).data, "rejected-rows.xlsx")


@page(STAFF)
def template(request: PageRequest) -> HttpResponse:  # noqa: ARG001  # Everybody gets the same file.
    """An empty roster to fill in."""
    return workbook_response(empty_template(), "roster.xlsx")


def workbook_response(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=XLSX_CONTENT_TYPE, headers=headers)


def _context(request: HttpRequest, answer: dict[str, Any]) -> dict[str, Any]:
    """Counts, and the rejected rows page by page."""
    shown = Paginator(answer["rejected"], PAGE_SIZE).get_page(request.GET.get("page"))
    return {"answer": answer, "rejected": len(answer["rejected"]), "page": shown}


def _start_again(request: PageRequest, refusal: DomainError) -> HttpResponse:
    messages.error(request, refusal_text(refusal))
    return redirect("bank:import_volunteers")
