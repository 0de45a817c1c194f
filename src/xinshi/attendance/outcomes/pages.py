"""Pages of outcomes: reporting on the phone, the desk's totals and missing reports, the catalogue of measures."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.pages import page_number, query_without_page
from xinshi.attendance.outcomes import actions, queries
from xinshi.attendance.outcomes.access import READERS, REPORTERS
from xinshi.attendance.outcomes.forms import MeasureForm, OutcomeForm, TotalsFilter
from xinshi.attendance.outcomes.queries import ActivityOutcomes
from xinshi.documents.workbook import XLSX_CONTENT_TYPE, write_workbook
from xinshi.doors.pages import STAFF, PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.codes import SERVICE_CATEGORIES, label_for
from xinshi.kernel.errors import NotFound
from xinshi.people.wording import category_label


@page(REPORTERS, methods=("GET", "POST"))
def report(request: PageRequest, activity_id: int) -> HttpResponse:
    """Report or correct what came of one activity, or of one of its shifts."""
    found = queries.activity_outcomes(request.actor, activity_id)
    shift_id = _shift_of(request, found)
    form = OutcomeForm(
        request.POST if request.method == "POST" else None,
        measures=found.measures,
        amounts={code: row.amount for (shift, code), row in found.current.items() if shift == shift_id},
        suggested=found.suggested,
        shift_id=shift_id,
    )
    if form.is_bound and form.is_valid():
        made = attempt(
            form,
            lambda: actions.report_outcomes(
                actor=request.actor,
                activity_id=activity_id,
                figures=form.figures(),
                reason=form.cleaned_data.get("reason", ""),
            ),
        )
        if made is not None:
            said = gettext("Thank you, the figures are on record.") if made else gettext("Nothing was changed.")
            messages.success(request, said)
            return redirect("attendance:report_outcomes", activity_id)
    context = {"found": found, "activity": found.activity, "form": form, "shift_id": shift_id}
    return render(request, "attendance/outcomes_report.html", context)


def _shift_of(request: PageRequest, found: ActivityOutcomes) -> int | None:
    """The shift that the address names, None for the whole activity; NotFound for one that is not of the activity."""
    typed = request.GET.get("shift", "")
    if not typed:
        return None
    for shift in found.shifts:
        if typed == str(shift.pk):
            return shift.pk
    raise NotFound


@page(READERS)
def totals(request: PageRequest) -> HttpResponse:
    """What came of everything, summed as one chooses; and whose report is missing."""
    form = _filter(request)
    chosen = form.chosen()
    context = {
        "form": form,
        "by": chosen["by"],
        "totals": queries.outcome_totals(**chosen),
        "missing": queries.missing_reports(request.actor, page=page_number(request)),
        "query": query_without_page(request),
    }
    return render(request, "attendance/outcomes.html", context)


@page(READERS)
def totals_sheet(request: PageRequest) -> HttpResponse:
    """The same sums as a spreadsheet."""
    chosen = _filter(request).chosen()
    rows = [
        (
            label_for(SERVICE_CATEGORIES, total.group, chinese=True) if chosen["by"] == "category" else total.group,
            total.name,
            total.amount,
            total.unit,
            total.activities,
        )
        for total in queries.outcome_totals(**chosen)
    ]
    data = write_workbook(sheet_name="服务成效", headers=["分组", "指标", "数量", "单位", "活动数"], rows=rows)
    headers = {"Content-Disposition": f'attachment; filename="outcomes-{clock.today():%Y%m%d}.xlsx"'}
    return HttpResponse(data, content_type=XLSX_CONTENT_TYPE, headers=headers)


def _filter(request: PageRequest) -> TotalsFilter:
    categories = [(code, category_label(code)) for code, *_ in SERVICE_CATEGORIES]
    return TotalsFilter(request.GET or None, years=queries.outcome_years(), categories=categories)


@page(STAFF, methods=("GET", "POST"))
def measures(request: PageRequest) -> HttpResponse:
    """The catalogue of measures, and a new one."""
    form = MeasureForm(request.POST if request.method == "POST" else None)
    is_whole = form.is_bound and form.is_valid()
    if is_whole and attempt(form, lambda: actions.add_measure(actor=request.actor, **form.cleaned_data)):
        messages.success(request, gettext("The measure can be reported now."))
        return redirect("attendance:outcome_measures")
    context = {"form": form, "measures": queries.measures(only_active=False)}
    return render(request, "attendance/outcome_measures.html", context)


@page(STAFF, methods=("POST",))
def set_measure(request: PageRequest, measure_id: int) -> HttpResponse:
    """Offer a measure for reporting, or no longer."""
    actions.set_measure_active(actor=request.actor, measure_id=measure_id, is_active=request.POST.get("use") == "yes")
    return redirect("attendance:outcome_measures")
