"""The desk's table of service records, with its files."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext

from xinshi.activities.access import PLANNERS
from xinshi.activities.pages import page_number, query_without_page
from xinshi.attendance.records import exporting, queries
from xinshi.attendance.records.forms import ExportForm, RecordFilterForm
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.pages import PageRequest, page
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import Invalid, gettext_noop

READERS = PLANNERS | {Role.AUDITOR}
CSV_CONTENT_TYPE = "text/csv; charset=utf-8"


@page(READERS)
def records(request: PageRequest) -> HttpResponse:
    """Every record one may see, as one chooses; the tabs are the choices made most often."""
    form = RecordFilterForm(request.GET)
    context = {
        "form": form,
        "found": queries.record_page(request.actor, form.wanted(page=page_number(request))),
        "views": _views(request),
        "query": query_without_page(request),
        "today": clock.today(),
        "export": ExportForm(),
        "may_approve": request.actor.has(*PLANNERS),
        "may_export": request.actor.has(*exporting.EXPORTERS),
    }
    return render(request, "attendance/records.html", context)


def _views(request: PageRequest) -> list[tuple[str, str, bool]]:
    """Label, query and whether it is the one shown."""
    month = clock.today().replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    wanted = [
        (gettext("All"), {}),
        (gettext("Waiting"), {"state": "submitted"}),
        (gettext("Overdue"), {"state": "overdue"}),
        (gettext("Not signed out"), {"state": "open"}),
        (gettext("Refused"), {"state": "refused"}),
        (gettext("This month"), {"since": month.isoformat()}),
        (gettext("Last month"), {"since": last_month.isoformat(), "until": (month - timedelta(days=1)).isoformat()}),
    ]
    shown = {name: value for name, value in request.GET.items() if value and name != "page"}
    views = []
    for label, parameters in wanted:
        query = QueryDict(mutable=True)
        query.update(parameters)
        views.append((str(label), query.urlencode(), shown == parameters))
    return views


@page(exporting.EXPORTERS, methods=("POST",))
def export(request: PageRequest) -> HttpResponse:
    """The records of the list as a file; what chooses them is in the address."""
    typed = ExportForm(request.POST)
    if not typed.is_valid():
        raise Invalid(field=gettext_noop("File"), reason=gettext_noop("Choose a kind of file."))
    kind = typed.cleaned_data["form"]
    data = exporting.export_records(
        actor=request.actor,
        wanted=RecordFilterForm(request.GET).wanted(),
        form=kind,
        with_names=typed.cleaned_data["with_names"],
        reason=typed.cleaned_data["reason"],
    )
    content_type = CSV_CONTENT_TYPE if kind == "csv" else XLSX_CONTENT_TYPE
    headers = {"Content-Disposition": f'attachment; filename="{exporting.file_name(kind)}"'}
    return HttpResponse(data, content_type=content_type, headers=headers)
