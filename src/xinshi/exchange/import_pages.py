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

from xinshi.documents.keeping import KeptFile, KeptFileGone, forget, keep, kept
from xinshi.doors.pages import PageRequest, attempt, page, refusal_text
from xinshi.exchange.access import KEEPERS
from xinshi.exchange.actions import ImportReport, import_zhiyuanhui, start_run
from xinshi.exchange.actions.importing import understood
from xinshi.exchange.actions.mapping import ColumnsKnownElsewhere, proposals
from xinshi.exchange.column_pages import UPLOAD, is_not_understood
from xinshi.exchange.forms import SentFileForm
from xinshi.exchange.models import ImportFile
from xinshi.exchange.pages import workbook_response
from xinshi.exchange.zhiyuanhui.reading import PORTION_ROWS
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import hours_figure

REJECTED_PER_PAGE: Final = 50


@page(KEEPERS, methods=("GET", "POST"))
def upload(request: PageRequest) -> HttpResponse:
    """Take a file in and go to its preview; nothing is written yet."""
    form = SentFileForm(request.POST, request.FILES) if request.method == "POST" else SentFileForm()
    asked_key = ""
    if request.method == "POST" and form.is_valid():
        uploaded, sender = form.cleaned_data["file"], form.cleaned_data["sender"]
        sent = KeptFile(uploaded.name, uploaded.read(), about=sender)
        answer: HttpResponse | None = attempt(form, lambda: _take_in(request, sent))
        if answer is not None:
            return answer
        if form.has_error(NON_FIELD_ERRORS) and is_not_understood(sent):
            asked_key = _kept(request, sent)
    return render(request, "exchange/import.html", {"form": form, "asked_key": asked_key})


def _take_in(request: PageRequest, sent: KeptFile) -> HttpResponse:
    """Keep what can be read, and go on to its preview, or to the question about its columns where others know the answer."""
    try:
        understood(sent.data, sent.name, sender=sent.about)
    except ColumnsKnownElsewhere:
        return redirect("exchange:columns", _kept(request, sent))
    return redirect("exchange:preview", _kept(request, sent))


def _kept(request: PageRequest, sent: KeptFile) -> str:
    return keep(actor=request.actor, purpose=UPLOAD, name=sent.name, data=sent.data, about=sent.about)


@never_cache
@page(KEEPERS, methods=("GET", "POST"))
def preview(request: PageRequest, key: str) -> HttpResponse:
    """GET: what would happen. POST: let it happen, with the file that was previewed."""
    try:
        upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
        is_for_good = request.method == "POST"
        sender = upload.about
        if is_for_good and understood(upload.data, upload.name, sender=sender).row_count > PORTION_ROWS:
            run_id = start_run(actor=request.actor, data=upload.data, file_name=upload.name, sender=sender)
            forget(actor=request.actor, purpose=UPLOAD, key=key)
            return redirect("exchange:run", run_id)
        report = import_zhiyuanhui(
            actor=request.actor, data=upload.data, file_name=upload.name, sender=sender, dry_run=not is_for_good
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
        "sender": sender,
        "explained_for": proposals(sender, report.understood)[:1],
        "report": report,
        "kind": ImportFile.Kind(report.kind.value).label,
        "rejected": Paginator(report.rejected, REJECTED_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "exchange/preview.html", context)


def _tell(request: PageRequest, report: ImportReport) -> None:
    figures = {"rows": report.credited, "hours": hours_figure(report.minutes)}
    messages.success(
        request, gettext("The file was imported. Rows credited: %(rows)s, %(hours)s hours in all.") % figures
    )
    if report.held_back:
        text = gettext("Rows held back, to be looked at: %(rows)s.")
        messages.warning(request, text % {"rows": report.held_back})
    if report.unmatched:
        text = gettext(
            "Rows of people who were not found: %(rows)s. They wait, and are credited once their person is found."
        )
        messages.warning(request, text % {"rows": report.unmatched})


@never_cache
@page(KEEPERS)
def to_correct(request: PageRequest, key: str) -> HttpResponse:
    """The rows that would not be taken, to be corrected before anything is written."""
    found = kept(actor=request.actor, purpose=UPLOAD, key=key)
    report = import_zhiyuanhui(
        actor=request.actor, data=found.data, file_name=found.name, sender=found.about, dry_run=True
    )
    wrong = report.to_correct
    if wrong is None:
        raise KeptFileGone
    return workbook_response(wrong, "rows-to-correct.xlsx")
