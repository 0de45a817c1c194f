"""The desk's list of people with how complete their archive is; out to a spreadsheet, and in from one."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from xinshi.archive import queries, wording
from xinshi.archive.access import KEEPERS, READERS
from xinshi.archive.completeness import Item
from xinshi.archive.forms import ExportForm, FilterForm, SheetForm
from xinshi.archive.queries import Wanted
from xinshi.archive.sheets.exporting import export_archive
from xinshi.archive.sheets.insurance import empty_insurance_template, import_insurance
from xinshi.archive.sheets.profiles import empty_profile_template, import_profiles
from xinshi.archive.sheets.rows import SheetReport
from xinshi.documents.keeping import KeptFileGone, forget, keep, kept
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.pages import PageRequest, attempt, page, refusal_text
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, NotFound
from xinshi.people.wording import GROUPS

UPLOAD: Final = "archive-sheet"
RESULT: Final = "archive-result"
REJECTED: Final = "archive-rejected"
IMPORTS: Final = {"profiles": import_profiles, "insurance": import_insurance}
TEMPLATES: Final = {"profiles": empty_profile_template, "insurance": empty_insurance_template}


@page(READERS)
def people(request: PageRequest) -> HttpResponse:
    """Everybody, by what they can do and what is missing of their archive."""
    form = filter_form(request)
    wanted = wanted_of(form)
    rows = queries.matching(request.actor, wanted)
    shown = Paginator(rows, queries.PAGE_SIZE).get_page(request.GET.get("page"))
    lines = queries.lines(request.actor, list(shown))
    context = {
        "form": form,
        "export_form": ExportForm(auto_id="export_%s"),
        "page": shown,
        "lines": [(line, GROUPS[line.group]) for line in lines],
        "query": urlencode({name: value for name, value in form.cleaned_data.items() if value}),
        "may_change": request.actor.has(*KEEPERS),
    }
    return render(request, "archive/list.html", context)


def filter_form(request: PageRequest) -> FilterForm:
    choices: dict[str, list[tuple[str, Any]]] = {
        "missing": [(item.value, words) for item, words in wording.ITEMS.items()],
        "kind": [(line.code, line.name) for line in queries.kinds(on=clock.today())],
        "skill": [(skill.code, queries.name_of(skill)) for skill in queries.skills()],
        "free": [
            (f"{day}-{int(quarter)}", f"{name} · {words}")
            for day, name in enumerate(wording.WEEKDAYS)
            for quarter, words in wording.QUARTERS.items()
        ],
    }
    form = FilterForm(request.POST if request.method == "POST" else request.GET, choices=choices)
    form.is_valid()
    return form


def wanted_of(form: FilterForm) -> Wanted:
    values = form.cleaned_data
    free = values.get("free", "")
    return Wanted(
        term=values.get("q", ""),
        group=values.get("group", ""),
        missing=Item(values["missing"]) if values.get("missing") else None,
        skill=values.get("skill", ""),
        kind_code=values.get("kind", ""),
        free=(int(free[0]), int(free[2])) if free else None,
    )


@never_cache
@page(READERS, methods=("POST",))
def export(request: PageRequest) -> HttpResponse:
    """The list as it was narrowed, as a spreadsheet."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        raise NotFound
    values = form.cleaned_data
    data = export_archive(
        actor=request.actor,
        wanted=wanted_of(filter_form(request)),
        form=values["form"],
        is_whole=values["is_whole"],
        reason=values["reason"],
    )
    kind = XLSX_CONTENT_TYPE if values["form"] == "xlsx" else "text/csv; charset=utf-8"
    return as_file(data, kind, f"archive-{clock.today().isoformat()}.{values['form']}")


def as_file(data: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@page(KEEPERS, methods=("GET", "POST"))
def import_sheet(request: PageRequest) -> HttpResponse:
    """Take a spreadsheet in and go to its preview; nothing is written yet."""
    if request.method == "POST":
        form = SheetForm(request.POST, request.FILES)
        if form.is_valid() and (key := attempt(form, lambda: _take_in(request, form))):
            return redirect("archive:import_preview", form.cleaned_data["content"], key)
    else:
        form = SheetForm(initial={"content": request.GET.get("content", "profiles")[:20]})
    return render(request, "archive/import.html", {"form": form})


def _take_in(request: PageRequest, form: SheetForm) -> str:
    """Kept only where it can be read and has the columns."""
    content, file = form.cleaned_data["content"], form.cleaned_data["file"]
    data, name = file.read(), (file.name or "")[-200:]
    IMPORTS[content](actor=request.actor, data=data, file_name=name, dry_run=True)
    return keep(actor=request.actor, purpose=f"{UPLOAD}-{content}", name=name, data=data)


@never_cache
@page(KEEPERS, methods=("GET", "POST"))
def import_preview(request: PageRequest, content: str, key: str) -> HttpResponse:
    """GET: what would happen. POST: let it happen, with the file that was previewed."""
    if content not in IMPORTS:
        raise NotFound
    purpose = f"{UPLOAD}-{content}"
    try:
        upload = kept(actor=request.actor, purpose=purpose, key=key)
        is_dry = request.method != "POST"
        report = IMPORTS[content](actor=request.actor, data=upload.data, file_name=upload.name, dry_run=is_dry)
        if not is_dry:
            forget(actor=request.actor, purpose=purpose, key=key)
            return redirect("archive:import_result", _keep_result(request, report, upload.name))
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("archive:import")
    context = {
        "report": report,
        "rejected": report.rejected[: queries.PAGE_SIZE],
        "file_name": upload.name,
        "content": content,
    }
    return render(request, "archive/preview.html", context)


def _keep_result(request: PageRequest, report: SheetReport, name: str) -> str:
    rejected_key = ""
    if report.rejected_workbook:
        rejected_key = keep(actor=request.actor, purpose=REJECTED, name=name, data=report.rejected_workbook)
    answer = report.as_json() | {"rejected_key": rejected_key, "file_name": name}
    return keep(actor=request.actor, purpose=RESULT, name=name, data=json.dumps(answer).encode())


@never_cache
@page(KEEPERS)
def import_result(request: PageRequest, key: str) -> HttpResponse:
    try:
        answer = json.loads(kept(actor=request.actor, purpose=RESULT, key=key).data)
    except KeptFileGone as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("archive:import")
    context = {"report": answer, "rejected": answer["rejected"][: queries.PAGE_SIZE], "file_name": answer["file_name"]}
    return render(request, "archive/result.html", context)


@never_cache
@page(KEEPERS)
def rejected_rows(request: PageRequest, key: str) -> HttpResponse:
    """The rows that were not imported, with the reasons, to be corrected and imported again."""
    found = kept(actor=request.actor, purpose=REJECTED, key=key)
    return as_file(found.data, XLSX_CONTENT_TYPE, "rejected-rows.xlsx")


@page(KEEPERS)
def template(request: PageRequest, content: str) -> HttpResponse:  # noqa: ARG001  # Everybody gets the same file.
    if content not in TEMPLATES:
        raise NotFound
    return as_file(TEMPLATES[content](), XLSX_CONTENT_TYPE, f"{content}.xlsx")
