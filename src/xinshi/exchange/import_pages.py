"""Taking a file in: upload, preview of what would happen, confirmation with the file that was previewed."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.documents.keeping import KeptFileGone, forget, keep, kept
from xinshi.doors.pages import PageRequest, attempt, page, refusal_text
from xinshi.exchange.access import KEEPERS
from xinshi.exchange.actions import ImportReport, import_zhiyuanhui
from xinshi.exchange.forms import ImportForm
from xinshi.exchange.models import ImportFile
from xinshi.exchange.pages import workbook_response
from xinshi.exchange.zhiyuanhui.reading import read_file
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import hours_figure

UPLOAD: Final = "zhiyuanhui"
REJECTED_PER_PAGE: Final = 50


@page(KEEPERS, methods=("GET", "POST"))
def upload(request: PageRequest) -> HttpResponse:
    """Take a file in and go to its preview; nothing is written yet."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        data = uploaded.read()
        key = attempt(form, lambda: _take_in(request, data, uploaded.name))
        if key is not None:
            return redirect("exchange:preview", key)
    return render(request, "exchange/import.html", {"form": form})


def _take_in(request: PageRequest, data: bytes, name: str) -> str:
    read_file(data, file_name=name)  # What cannot be read is refused before it is kept.
    return keep(actor=request.actor, purpose=UPLOAD, name=name, data=data)


@never_cache
@page(KEEPERS, methods=("GET", "POST"))
def preview(request: PageRequest, key: str) -> HttpResponse:
    """GET: what would happen. POST: let it happen, with the file that was previewed."""
    try:
        upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
        is_for_good = request.method == "POST"
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
