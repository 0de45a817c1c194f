"""Pages of the exchange: what came and went, one file, one line, what waits, what goes out."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext

from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.exchange import actions, queries
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.exchange.actions.deciding import REASON_LENGTH_MAX
from xinshi.exchange.actions.exporting import written_again
from xinshi.exchange.forms import ExportForm
from xinshi.exchange.models import ImportLine
from xinshi.exchange.reporting import line_text, to_correct_of_file
from xinshi.exchange.returning import queries as returning
from xinshi.exchange.zhiyuanhui.columns import TEMPLATE_FILE_NAME
from xinshi.kernel.errors import NotFound
from xinshi.kernel.minutes import hours_figure

FILES_PER_PAGE: Final = 20
LINES_PER_PAGE: Final = 100
EXPORTS_PER_PAGE: Final = 20
PART_DIGITS_MAX: Final = 6


@page(READERS)
def overview(request: PageRequest) -> HttpResponse:
    """What came, what waits, what went."""
    shown = Paginator(queries.files(request.actor), FILES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "overview": queries.overview(request.actor),
        "cards": queries.file_cards(shown),
        "page": shown,
        "runs": queries.open_runs(request.actor),
        "differences_open": returning.open_count(request.actor),
        "may_write": is_keeper(request.actor),
    }
    return render(request, "exchange/overview.html", context)


@page(READERS)
def file(request: PageRequest, file_id: int) -> HttpResponse:
    """One file: its rows by what became of them."""
    card = queries.file(request.actor, file_id)
    state = request.GET.get("state", "")
    state = state if state in ImportLine.State.values else ""
    rows = queries.lines(request.actor, state=state, file_id=file_id)
    shown = Paginator(rows, LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "card": card,
        "state": state,
        "query": f"state={state}" if state else "",
        "page": shown,
        "lines": [(line, line_text(line)) for line in shown],
        "may_write": is_keeper(request.actor),
    }
    return render(request, "exchange/file.html", context)


@page(READERS)
def to_correct(request: PageRequest, file_id: int) -> HttpResponse:
    """The file's rows that were not taken, in their own columns, to be corrected and imported again."""
    found = queries.file(request.actor, file_id).file
    return workbook_response(to_correct_of_file(found), "rows-to-correct.xlsx")


@page(SIGNED_IN)
def line(request: PageRequest, line_id: int) -> HttpResponse:
    """One row and what it became; one's own, or any for those who keep or audit the exchange."""
    found = queries.line(request.actor, line_id)
    context = {
        "found": found,
        "line": found.line,
        "why": line_text(found.line),
        "decided_by": found.people.get(found.line.decided_by_ref, ""),
        "may_see_file": request.actor.has(*READERS),
    }
    return render(request, "exchange/line.html", context)


@page(READERS)
def held_back(request: PageRequest) -> HttpResponse:
    """What waits for somebody's decision."""
    shown = Paginator(queries.held_back(request.actor), LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "lines": [(line, line_text(line), line.person_id == request.actor.person_id) for line in shown],
        "may_write": is_keeper(request.actor),
        "reason_length_max": REASON_LENGTH_MAX,
    }
    return render(request, "exchange/held_back.html", context)


@page(KEEPERS, methods=("POST",))
def accept(request: PageRequest) -> HttpResponse:
    ids = _chosen(request)
    if not ids:
        return _nothing_chosen(request)
    minutes = actions.accept_lines(actor=request.actor, line_ids=ids, reason=_reason(request))
    figures = {"lines": len(ids), "hours": hours_figure(minutes)}
    messages.success(request, gettext("Rows credited: %(lines)s, %(hours)s hours in all.") % figures)
    return redirect("exchange:held_back")


@page(KEEPERS, methods=("POST",))
def discard(request: PageRequest) -> HttpResponse:
    ids = _chosen(request)
    if not ids:
        return _nothing_chosen(request)
    number = actions.discard_lines(actor=request.actor, line_ids=ids, reason=_reason(request))
    messages.success(request, gettext("Rows discarded: %(lines)s.") % {"lines": number})
    return redirect("exchange:held_back")


def _nothing_chosen(request: HttpRequest) -> HttpResponse:
    messages.error(request, gettext("Choose at least one row first."))
    return redirect("exchange:held_back")


def _chosen(request: HttpRequest) -> list[int]:
    """The lines that were ticked; NotFound for what is no number."""
    typed = request.POST.getlist("line")
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in typed):
        raise NotFound
    return [int(text) for text in typed]


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "").strip()[:REASON_LENGTH_MAX]


@page(READERS, methods=("GET", "POST"))
def export(request: PageRequest) -> HttpResponse:
    """Files that went out; keepers write the next one."""
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        report = attempt(
            form,
            lambda: actions.export_zhiyuanhui(
                actor=request.actor, from_day=form.cleaned_data["from_day"], to_day=form.cleaned_data["to_day"]
            ),
        )
        if report is not None:
            _tell(request, report)
            return redirect("exchange:export")
    shown = Paginator(queries.exports(request.actor), EXPORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": shown,
        "cards": queries.export_cards(shown),
        "may_write": is_keeper(request.actor),
    }
    return render(request, "exchange/export.html", context)


def _tell(request: HttpRequest, report: actions.ExportReport) -> None:
    if report.export_id is None:
        messages.info(request, gettext("There are no hours to send in this period."))
    elif report.is_new:
        figures = {"people": report.people, "hours": report.as_json()["hours"]}
        text = ngettext(
            "The file is ready: %(people)s person, %(hours)s hours. Download it below.",
            "The file is ready: %(people)s people, %(hours)s hours. Download it below.",
            report.people,
        )
        messages.success(request, text % figures)
    else:
        messages.info(request, gettext("Nothing is new in this period. Its last file can be downloaded again below."))
    if report.without_consent:
        text = ngettext(
            "Left out: %(n)s person who did not consent to the exchange.",
            "Left out: %(n)s people who did not consent to the exchange.",
            report.without_consent,
        )
        messages.warning(request, text % {"n": report.without_consent})
    if report.without_number:
        text = ngettext(
            "Left out: %(n)s person without a volunteer number.",
            "Left out: %(n)s people without a volunteer number.",
            report.without_number,
        )
        messages.warning(request, text % {"n": report.without_number})


@page(READERS)
def export_file(request: PageRequest, export_id: int) -> HttpResponse:
    """A file that went out, as it was."""
    found = queries.export(request.actor, export_id)
    typed = request.GET.get("part", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < PART_DIGITS_MAX else 0
    if number != 1 and not found.parts.filter(number=number).exists():
        raise NotFound
    return workbook_response(written_again(found, part=number), TEMPLATE_FILE_NAME)


@page(READERS)
def export_record(request: PageRequest, export_id: int) -> HttpResponse:
    """What was sent: each file with its hash, each person's line with what rounding carried."""
    found = queries.export(request.actor, export_id)
    lines = found.lines.order_by("part", "volunteer_number")
    context = {
        "card": queries.export_cards([found])[0],
        "parts": found.parts.order_by("number"),
        "page": Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "exchange/export_record.html", context)


def workbook_response(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=XLSX_CONTENT_TYPE)
    plain = name if name.isascii() else "honorary-hours.xlsx"
    response.headers["Content-Disposition"] = content_disposition(plain, name)
    return response


def content_disposition(plain: str, name: str) -> str:
    from urllib.parse import quote

    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
