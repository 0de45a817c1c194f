"""My organisation: its members as far as they consent, its agreement, its targets, its shifts, enrolling, the list."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.documents.keeping import KeptFileGone, forget, keep, kept
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.links import object_url
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel.actor import Actor
from xinshi.organizations.agreements.pages import agreement_rows
from xinshi.organizations.agreements.queries import agreements
from xinshi.organizations.belonging import enrolling, looking, queries
from xinshi.organizations.belonging.forms import EnrolForm, MemberSearch, SheetForm
from xinshi.organizations.designations.queries import designations, reached
from xinshi.organizations.downloads import download
from xinshi.organizations.figures import reserved_shifts
from xinshi.organizations.wording import KINDS

UPLOAD: Final = "enrolment"
RESULT: Final = "enrolment-result"
REJECTED: Final = "enrolment-rejected"
SHOWN_MAX: Final = 20
ROWS_SHOWN: Final = 100


@page(SIGNED_IN)
def kept_list(request: PageRequest) -> HttpResponse:
    """The organisations that one keeps; straight to the one where it is one."""
    found = queries.kept_organizations(request.actor)
    if len(found) == 1:
        return redirect("organizations:kept", found[0].id)
    return render(request, "organizations/kept_list.html", {"found": [(one, KINDS[one.kind]) for one in found]})


@page(SIGNED_IN)
def kept_one(request: PageRequest, organization_id: int) -> HttpResponse:
    return _show(request, organization_id)


def _show(request: PageRequest, organization_id: int, *, phone: tuple[int, str] | None = None) -> HttpResponse:
    actor = request.actor
    form = MemberSearch(request.GET)
    term = form.cleaned_data["q"] if form.is_valid() else ""
    view = queries.kept_view(actor, organization_id, term=term, number=request.GET.get("page"))
    context = {
        "found": view.organization,
        "kind": KINDS[view.organization.kind],
        "roll_up": view.roll_up,
        "form": form,
        "query": term,
        "page_query": urlencode({"q": term}) if term else "",
        "page": view.page,
        "lines": [queries.member_line(row) for row in view.page],
        "phone": phone,
        "agreements": agreement_rows(agreements(actor, organization_id=organization_id)[:SHOWN_MAX]),
        "reached": reached(designations(actor, organization_id=organization_id)[:SHOWN_MAX]),
        "shifts": [(shift, object_url(shift.object_ref)) for shift in reserved_shifts(organization_id)],
        "waiting": view.waiting,
    }
    return render(request, "organizations/kept.html", context)


@never_cache
@page(SIGNED_IN, methods=("GET", "POST"))
def phone(request: PageRequest, organization_id: int, person_id: int) -> HttpResponse:
    """A member's whole phone, shown this once; coming back to the address shows the list."""
    if request.method != "POST":
        return redirect("organizations:kept", organization_id)
    whole = looking.whole_phone(actor=request.actor, organization_id=organization_id, person_id=person_id)
    return _show(request, organization_id, phone=(person_id, whole))


@page(SIGNED_IN)
def export(request: PageRequest, organization_id: int) -> HttpResponse:
    """The organisation's own list."""
    headers = tuple(gettext(title) for title in ("Name", "Volunteer number", "Mobile phone", "Member since", "Remark"))
    data = looking.member_sheet(
        actor=request.actor,
        organization_id=organization_id,
        headers=headers,
        masked=gettext("has not agreed to be seen"),
    )
    return download(data, XLSX_CONTENT_TYPE, "members.xlsx")


@page(SIGNED_IN, methods=("GET", "POST"))
def enrol(request: PageRequest, organization_id: int) -> HttpResponse:
    """Ask one person, or hand in a list; and who has not answered yet."""
    found = queries.kept_organization(request.actor, organization_id)
    is_sheet = "sheet" in request.POST
    one = EnrolForm(request.POST if request.method == "POST" and not is_sheet else None)
    sheet = SheetForm(request.POST, request.FILES) if is_sheet else SheetForm()
    if is_sheet and sheet.is_valid():
        key = attempt(sheet, lambda: _take_in(request.actor, organization_id, sheet))
        if key is not None:
            return redirect("organizations:enrol_preview", organization_id, key)
    if request.method == "POST" and not is_sheet and one.is_valid():
        typed = one.cleaned_data
        asked = attempt(
            one,
            lambda: enrolling.enrol(
                actor=request.actor, organization_id=organization_id, name=typed["name"], number=typed["number"]
            ),
        )
        if asked is not None:
            messages.success(request, gettext("Asked. They belong to it as soon as they say yes."))
            return redirect("organizations:enrol", organization_id)
    waiting = queries.open_enrolments(request.actor, organization_id)
    context = {
        "found": found,
        "form": one,
        "sheet": sheet,
        "waiting": list(waiting[:ROWS_SHOWN]),
        "waiting_count": waiting.count(),
    }
    return render(request, "organizations/enrol.html", context)


def _take_in(actor: Actor, organization_id: int, form: SheetForm) -> str:
    uploaded = form.cleaned_data["file"]
    data = uploaded.read()
    enrolling.enrol_sheet(
        actor=actor, organization_id=organization_id, data=data, file_name=uploaded.name, dry_run=True
    )
    return keep(actor=actor, purpose=UPLOAD, name=uploaded.name, data=data)


@never_cache
@page(SIGNED_IN, methods=("GET", "POST"))
def enrol_preview(request: PageRequest, organization_id: int, key: str) -> HttpResponse:
    """GET: whom the list would ask, and what is wrong with which row. POST: ask them."""
    found = queries.kept_organization(request.actor, organization_id)
    upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
    is_final = request.method == "POST"
    report = enrolling.enrol_sheet(
        actor=request.actor,
        organization_id=organization_id,
        data=upload.data,
        file_name=upload.name,
        dry_run=not is_final,
    )
    if is_final:
        forget(actor=request.actor, purpose=UPLOAD, key=key)
        rejected = report.rejected_workbook
        answer = report.as_json() | {
            "rejected_key": keep(actor=request.actor, purpose=REJECTED, name=upload.name, data=rejected)
            if rejected
            else ""
        }
        data = json.dumps(answer).encode()
        made = keep(actor=request.actor, purpose=RESULT, name=upload.name, data=data)
        return redirect("organizations:enrol_result", organization_id, made)
    answer = report.as_json()
    context = {"found": found, "answer": answer, "rows": answer["rejected"][:ROWS_SHOWN], "key": key, "is_final": False}
    return render(request, "organizations/enrol_sheet.html", context)


@never_cache
@page(SIGNED_IN)
def enrol_result(request: PageRequest, organization_id: int, key: str) -> HttpResponse:
    found = queries.kept_organization(request.actor, organization_id)
    answer = json.loads(kept(actor=request.actor, purpose=RESULT, key=key).data)
    context = {"found": found, "answer": answer, "rows": answer["rejected"][:ROWS_SHOWN], "key": key, "is_final": True}
    return render(request, "organizations/enrol_sheet.html", context)


@never_cache
@page(SIGNED_IN)
def enrol_rejected(request: PageRequest, organization_id: int, key: str) -> HttpResponse:
    """The rows that were not taken, with the reasons, to be corrected and handed in again."""
    queries.kept_organization(request.actor, organization_id)
    try:
        data = kept(actor=request.actor, purpose=REJECTED, key=key).data
    except KeptFileGone:
        upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
        report = enrolling.enrol_sheet(
            actor=request.actor,
            organization_id=organization_id,
            data=upload.data,
            file_name=upload.name,
            dry_run=True,
        )
        if report.rejected_workbook is None:
            raise
        data = report.rejected_workbook
    return download(data, XLSX_CONTENT_TYPE, "rejected-rows.xlsx")


@page(SIGNED_IN)
def template(request: PageRequest) -> HttpResponse:  # noqa: ARG001  # Everybody gets the same file.
    """An empty list to fill in."""
    return download(enrolling.empty_template(), XLSX_CONTENT_TYPE, "members.xlsx")


@page(SIGNED_IN, methods=("POST",))
def withdraw(request: PageRequest, organization_id: int, enrolment_id: int) -> HttpResponse:
    enrolling.withdraw_enrolment(actor=request.actor, organization_id=organization_id, enrolment_id=enrolment_id)
    messages.success(request, gettext("Taken back."))
    return redirect("organizations:enrol", organization_id)
