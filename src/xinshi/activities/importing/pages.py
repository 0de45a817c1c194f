"""A plan from a spreadsheet, looked at before anything is written; and the plan as a spreadsheet."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from xinshi.activities.importing.actions import PlanReport, import_plan
from xinshi.activities.importing.exporting import empty_plan, plan_workbook
from xinshi.documents.keeping import forget, keep, kept
from xinshi.documents.sheets import FILE_BYTES_MAX
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.pages import STAFF, PageRequest, attempt, page, refusal_text
from xinshi.kernel.errors import DomainError

UPLOAD = "plan"


class PlanFileForm(forms.Form):
    file = forms.FileField(
        label=_("Plan"),
        max_length=200,
        help_text=_("A spreadsheet (xlsx, xls, ods or csv), one row for each shift."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )

    def clean_file(self) -> object:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > FILE_BYTES_MAX:
            raise forms.ValidationError(_("The file is too large to be read safely. Split it into smaller files."))
        return uploaded


@never_cache
@page(STAFF, methods=("GET", "POST"))
def upload(request: PageRequest) -> HttpResponse:
    """Take a plan in and go to its preview; nothing is written yet."""
    form = PlanFileForm(request.POST, request.FILES) if request.method == "POST" else PlanFileForm()
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        data = uploaded.read()

        def check() -> PlanReport:
            return import_plan(actor=request.actor, data=data, file_name=uploaded.name, dry_run=True)

        if attempt(form, check) is not None:
            return redirect(
                "activities:preview_plan",
                keep(actor=request.actor, purpose=UPLOAD, name=uploaded.name, data=data),
            )
    return render(request, "activities/import.html", {"form": form})


@never_cache
@page(STAFF, methods=("GET", "POST"))
def preview(request: PageRequest, key: str) -> HttpResponse:
    """GET: what would happen, errors by row. POST: the good activities become drafts."""
    try:
        file = kept(actor=request.actor, purpose=UPLOAD, key=key)
        is_sent = request.method == "POST"
        report = import_plan(actor=request.actor, data=file.data, file_name=file.name, dry_run=not is_sent)
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("activities:import_plan")
    if is_sent:
        forget(actor=request.actor, purpose=UPLOAD, key=key)
        count = len(report.activities)
        text = ngettext("%(n)s draft was made.", "%(n)s drafts were made.", count) % {"n": count}
        messages.success(request, text)
        if report.wrong:
            left = gettext("Rows that were left out: %(n)s.") % {"n": len({one.row for one in report.wrong})}
            messages.warning(request, left)
        return redirect("activities:desk")
    return render(request, "activities/import_preview.html", {"report": report, "file_name": file.name})


@page(STAFF)
def template(_request: PageRequest) -> HttpResponse:
    return _workbook(empty_plan(), "activity-plan.xlsx")


@page(STAFF)
def export(request: PageRequest) -> HttpResponse:
    """Every coming shift, in the columns that an import reads."""
    return _workbook(plan_workbook(request.actor), "activities.xlsx")


def _workbook(data: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=XLSX_CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
