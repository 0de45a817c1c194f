"""Agreements at the desk: the list by how they stand, one with its history and scans, drafting, signing, ending."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext

from xinshi.documents.storing import evidence_response
from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, page
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import NotFound
from xinshi.organizations import queries as organizations
from xinshi.organizations.access import is_keeper
from xinshi.organizations.agreements import actions, queries
from xinshi.organizations.agreements.forms import (
    AgreementFilter,
    AgreementForm,
    ContactForm,
    EndingForm,
    ScanForm,
    SigningForm,
    initial_from,
)
from xinshi.organizations.domain import AgreementStanding
from xinshi.organizations.models import Agreement
from xinshi.organizations.wording import EVENTS, STANDING_TONES, STANDINGS

PAGE_SIZE: Final = 30


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """An agreement with how it stands today, in words."""

    row: Agreement
    standing: AgreementStanding
    text: str | Promise
    tone: str
    days_left: int


def agreement_rows(rows: Iterable[Agreement]) -> list[AgreementRow]:
    found = [(row, queries.standing_of(row)) for row in rows]
    return [
        AgreementRow(row, standing, STANDINGS[standing], STANDING_TONES[standing], queries.days_left(row))
        for row, standing in found
    ]


@page(frozenset({*STAFF, Role.AUDITOR}))
def agreements(request: PageRequest) -> HttpResponse:
    form = AgreementFilter(request.GET)
    form.is_valid()
    state = form.cleaned_data.get("state") or ""
    shown = Paginator(queries.agreements(request.actor, state=state), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": shown,
        "rows": agreement_rows(shown),
        "query": urlencode({"state": state}) if state else "",
    }
    return render(request, "organizations/agreements.html", context)


@page(SIGNED_IN)
def agreement(request: PageRequest, agreement_id: int) -> HttpResponse:
    return _show(request, agreement_id)


def _show(request: PageRequest, agreement_id: int, **forms: object) -> HttpResponse:
    row = queries.agreement(request.actor, agreement_id)
    [shown] = agreement_rows([row])
    history = queries.history(request.actor, row)
    context = {
        "found": row,
        "shown": shown,
        "history": history,
        "events": [(event, EVENTS[event.what]) for event in history.events],
        "renewals": agreement_rows(history.renewals),
        "is_keeper": is_keeper(request.actor),
        "is_draft": row.state == Agreement.State.DRAFT,
        "is_over": row.state == Agreement.State.ENDED,
        "signing": SigningForm(initial={"signed_on": row.signed_on}),
        "ending": EndingForm(),
        "contact": ContactForm(initial={"contact": row.contact}),
        "scan": ScanForm(),
    } | forms
    return render(request, "organizations/agreement.html", context)


@page(STAFF, methods=("GET", "POST"))
def draft(request: PageRequest, organization_id: int) -> HttpResponse:
    """A new draft; `?renews=` names the agreement that it follows, whose words it starts with."""
    found = organizations.organization(request.actor, organization_id)
    renewed = _renewed(request, organization_id)
    initial = initial_from(renewed) | {"signed_on": None, "ends_on": None} if renewed else None
    form = AgreementForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: actions.draft_agreement(
                actor=request.actor,
                organization_id=organization_id,
                terms=form.terms(),
                renews_id=renewed.pk if renewed else None,
            ),
        )
        if made is not None:
            messages.success(request, gettext("Drafted. Put it in force once both sides have signed."))
            return redirect("organizations:agreement", made)
    context = {"form": form, "organization": found, "renewed": renewed, "found": None}
    return render(request, "organizations/agreement_form.html", context)


def _renewed(request: PageRequest, organization_id: int) -> Agreement | None:
    wanted = request.GET.get("renews", "")
    if not wanted:
        return None
    if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 18:
        raise NotFound
    row = queries.agreement(request.actor, int(wanted))
    if row.organization_id != organization_id:
        raise NotFound
    return row


@page(STAFF, methods=("GET", "POST"))
def edit(request: PageRequest, agreement_id: int) -> HttpResponse:
    row = queries.agreement(request.actor, agreement_id)
    form = AgreementForm(request.POST if request.method == "POST" else None, initial=initial_from(row))
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form, lambda: actions.change_draft(actor=request.actor, agreement_id=agreement_id, terms=form.terms())
        )
        if changed is not None:
            messages.success(request, gettext("Saved."))
            return redirect("organizations:agreement", agreement_id)
    context = {"form": form, "organization": row.organization, "renewed": None, "found": row}
    return render(request, "organizations/agreement_form.html", context)


@page(STAFF, methods=("POST",))
def put_in_force(request: PageRequest, agreement_id: int) -> HttpResponse:
    form = SigningForm(request.POST)
    if form.is_valid():
        signed_on = form.cleaned_data["signed_on"]
        actions.put_in_force(actor=request.actor, agreement_id=agreement_id, signed_on=signed_on)
        messages.success(request, gettext("The agreement is in force; its terms stay as they are."))
        return redirect("organizations:agreement", agreement_id)
    return _show(request, agreement_id, signing=form)


@page(STAFF, methods=("POST",))
def end(request: PageRequest, agreement_id: int) -> HttpResponse:
    form = EndingForm(request.POST)
    if form.is_valid():
        because = form.cleaned_data["because"]
        actions.end_agreement(actor=request.actor, agreement_id=agreement_id, because=because)
        messages.success(request, gettext("The agreement has ended. It stays on record."))
        return redirect("organizations:agreement", agreement_id)
    return _show(request, agreement_id, ending=form)


@page(STAFF, methods=("POST",))
def contact(request: PageRequest, agreement_id: int) -> HttpResponse:
    form = ContactForm(request.POST)
    if form.is_valid():
        actions.change_contact(actor=request.actor, agreement_id=agreement_id, contact=form.cleaned_data["contact"])
        messages.success(request, gettext("Saved."))
        return redirect("organizations:agreement", agreement_id)
    return _show(request, agreement_id, contact=form)


@page(STAFF, methods=("POST",))
def add_file(request: PageRequest, agreement_id: int) -> HttpResponse:
    form = ScanForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data["file"].read()
        added = attempt(form, lambda: actions.add_files(actor=request.actor, agreement_id=agreement_id, files=[data]))
        if added is not None:
            messages.success(request, gettext("The scan is kept, sealed."))
            return redirect("organizations:agreement", agreement_id)
    return _show(request, agreement_id, scan=form)


@page(SIGNED_IN)
def scan(request: PageRequest, scan_id: int) -> HttpResponse:
    """A scan, as what its content is, and able to run nothing."""
    found, data = queries.scan(request.actor, scan_id)
    return evidence_response(data, content_type=found.content_type, name=f"agreement-{found.pk}")
