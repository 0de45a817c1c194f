"""Taking a file in: upload, preview of what would happen, confirmation with the file that was previewed."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.documents.keeping import KeptFileGone, forget, keep, kept
from xinshi.doors.pages import PageRequest, attempt, page, refusal_text
from xinshi.exchange.access import KEEPERS
from xinshi.exchange.actions import ImportReport, import_zhiyuanhui, start_run
from xinshi.exchange.actions.importing import understood
from xinshi.exchange.column_pages import UPLOAD, is_not_understood
from xinshi.exchange.forms import ImportForm
from xinshi.exchange.models import ImportFile
from xinshi.exchange.pages import workbook_response
from xinshi.exchange.zhiyuanhui.reading import PORTION_ROWS
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import hours_figure

REJECTED_PER_PAGE: Final = 50


@page(KEEPERS, methods=("GET", "POST"))
def upload(request: PageRequest) -> HttpResponse:
    """Take a file in and go to its preview; nothing is written yet."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    asked_key = ""
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        data = uploaded.read()
        key = attempt(form, lambda: _take_in(request, data, uploaded.name))
        if key is not None:
            return redirect("exchange:preview", key)
        asked_key = _kept_to_be_explained(request, form, data, uploaded.name)
    return render(request, "exchange/import.html", {"form": form, "asked_key": asked_key})


def _take_in(request: PageRequest, data: bytes, name: str) -> str:
    understood(data, name)  # What cannot be read is refused before it is kept.
    return keep(actor=request.actor, purpose=UPLOAD, name=name, data=data)


def _kept_to_be_explained(request: PageRequest, form: ImportForm, data: bytes, name: str) -> str:
    """The key of a file whose titles nobody understood, so that somebody may say which column is what; else empty."""
    if not form.has_error(NON_FIELD_ERRORS) or not is_not_understood(data, name):
        return ""
    return keep(actor=request.actor, purpose=UPLOAD, name=name, data=data)


@never_cache
@page(KEEPERS, methods=("GET", "POST"))
def preview(request: PageRequest, key: str) -> HttpResponse:
    """GET: what would happen. POST: let it happen, with the file that was previewed."""
    try:
        upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
        is_for_good = request.method == "POST"
        if is_for_good and understood(upload.data, upload.name).row_count > PORTION_ROWS:
            run_id = start_run(actor=request.actor, data=upload.data, file_name=upload.name)
            forget(actor=request.actor, purpose=UPLOAD, key=key)
            return redirect("exchange:run", run_id)
        report = import_zhiyuanhui(
            actor=request.actor, data=upload.data, file_name=upload.name, dry_run=not is_for_good
        )
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("exchange:import")
    if is_for_good:
        forget(actor=request.actor, purpose=UPLOAD, key=key)
        _tell(request, report)
        return redirect("exchange:file", report.file_id)
    context = {
        "key": key,
        "file_name": upload.name,
        "report": report,
        "kind": ImportFile.Kind(report.kind.value).label,
        "rejected": Paginator(report.rejected, REJECTED_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "exchange/preview.html", context)


def _tell(request: PageRequest, report: ImportReport) -> None:
    figures = {"rows": report.credited, "hours": hours_figure(report.minutes)}
    messages.success(request, gettext("The file was imported: %(rows)s rows credited, %(hours)s hours.") % figures)
    if report.held_back:
        text = gettext("Rows held back, to be looked at: %(rows)s.")
        messages.warning(request, text % {"rows": report.held_back})


@never_cache
@page(KEEPERS)
def to_correct(request: PageRequest, key: str) -> HttpResponse:
    """The rows that would not be taken, to be corrected before anything is written."""
    found = kept(actor=request.actor, purpose=UPLOAD, key=key)
    report = import_zhiyuanhui(actor=request.actor, data=found.data, file_name=found.name, dry_run=True)
    if report.to_correct is None:
        raise KeptFileGone
    return workbook_response(report.to_correct, "rows-to-correct.xlsx")
