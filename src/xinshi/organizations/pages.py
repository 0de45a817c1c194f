"""Organisations: the list, one with its members, new ones, changes."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.documents.workbook import XLSX_CONTENT_TYPE, write_workbook
from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, back, page
from xinshi.kernel.actor import Role
from xinshi.organizations import actions, queries
from xinshi.organizations.access import belongs, is_keeper, keeps, sees_members
from xinshi.organizations.agreements.pages import agreement_rows
from xinshi.organizations.agreements.queries import agreements
from xinshi.organizations.belonging.forms import ConsentForm
from xinshi.organizations.belonging.queries import is_asked
from xinshi.organizations.designations.queries import designations, reached
from xinshi.organizations.downloads import download
from xinshi.organizations.forms import ChangeOrganizationForm, MemberForm, NewOrganizationForm, OrganizationFilter
from xinshi.organizations.models import Organization
from xinshi.organizations.structure import roll_up
from xinshi.organizations.wording import KINDS

PAGE_SIZE: Final = 30
EXPORT_MAX: Final = 20_000
OVERSEERS: Final = frozenset({*STAFF, Role.AUDITOR})


@page(SIGNED_IN)
def organizations(request: PageRequest) -> HttpResponse:
    form = OrganizationFilter(request.GET)
    form.is_valid()
    wanted = {name: value for name in ("q", "kind") if (value := form.cleaned_data.get(name))}
    found = queries.organizations(request.actor, term=wanted.get("q", ""), kind=wanted.get("kind", ""))
    shown = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": shown,
        "cards": [(queries.card_of(row), KINDS[row.kind]) for row in shown],
        "is_keeper": is_keeper(request.actor),
        "sees_members": sees_members(request.actor),
        "query": urlencode(wanted),
    }
    return render(request, "organizations/list.html", context)


@page(SIGNED_IN)
def organization(request: PageRequest, organization_id: int) -> HttpResponse:
    return _show(request, organization_id, MemberForm())


def _show(request: PageRequest, organization_id: int, form: MemberForm) -> HttpResponse:
    actor = request.actor
    found = queries.organization(actor, organization_id)
    sees, keeps_it = sees_members(actor), keeps(actor, organization_id)
    members = queries.members(actor, organization_id).order_by("person__name", "id")
    context = {
        "found": found,
        "kind": KINDS[found.kind],
        "is_keeper": is_keeper(actor),
        "sees_members": sees,
        "page": Paginator(members, PAGE_SIZE).get_page(request.GET.get("page")) if sees else None,
        "form": form,
        "keeps": keeps_it,
        "is_team": found.kind == Organization.Kind.TEAM,
        "children": queries.children(actor, organization_id),
        "roll_up": roll_up(actor, organization_id) if sees else None,
        "reached": reached(designations(actor, organization_id=organization_id)[:PAGE_SIZE]) if sees else [],
        "agreements": agreement_rows(agreements(actor, organization_id=organization_id)[:PAGE_SIZE]) if sees else [],
        "is_member": belongs(actor, organization_id),
        "is_asked": is_asked(actor, organization_id),
        "join_form": ConsentForm(),
    }
    return render(request, "organizations/detail.html", context)


@page(OVERSEERS)
def export(request: PageRequest) -> HttpResponse:
    """Every organisation as a workbook."""
    titles = ("Name of the organisation", "Kind", "Belongs to", "Contact", "Takes part", "Members")
    headers = [gettext(title) for title in titles]
    rows = queries.organizations(request.actor).order_by("name")[:EXPORT_MAX]
    data = write_workbook(
        sheet_name=gettext("Organisations"),
        headers=headers,
        rows=[
            (
                card.name,
                str(KINDS[card.kind]),
                card.parent_name,
                card.contact,
                gettext("Yes") if card.is_active else gettext("No"),
                card.members,
            )
            for card in map(queries.card_of, rows)
        ],
    )
    return download(data, XLSX_CONTENT_TYPE, "organizations.xlsx")


@page(STAFF, methods=("GET", "POST"))
def create(request: PageRequest) -> HttpResponse:
    form = NewOrganizationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: actions.create_organization(actor=request.actor, parent_id=form.parent_id(), **form.values()),
        )
        if made is not None:
            messages.success(request, gettext("Saved."))
            return redirect("organizations:detail", made)
    return render(request, "organizations/form.html", {"form": form, "found": None})


@page(STAFF, methods=("GET", "POST"))
def edit(request: PageRequest, organization_id: int) -> HttpResponse:
    found = queries.organization(request.actor, organization_id)
    if request.method != "POST":
        names = ("name", "kind", "contact", "is_active", "is_open")
        initial = {name: getattr(found, name) for name in names} | {"parent": str(found.parent_id or "")}
        form = ChangeOrganizationForm(initial=initial)
    else:
        form = ChangeOrganizationForm(request.POST)
        if form.is_valid():
            changed = attempt(
                form,
                lambda: actions.change_organization(
                    actor=request.actor,
                    organization_id=organization_id,
                    is_active=form.cleaned_data["is_active"],
                    parent_id=form.parent_id(),
                    **form.values(),
                ),
            )
            if changed is not None:
                messages.success(request, gettext("Saved."))
                return redirect("organizations:detail", organization_id)
    return render(request, "organizations/form.html", {"form": form, "found": found})


@page(STAFF, methods=("POST",))
def join(request: PageRequest, organization_id: int) -> HttpResponse:
    """Add somebody by their volunteer number."""
    queries.organization(request.actor, organization_id)
    form = MemberForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["volunteer_number"]
        joined = attempt(
            form,
            lambda: actions.join(actor=request.actor, organization_id=organization_id, volunteer_number=number),
        )
        if joined is not None:
            messages.success(request, gettext("The person belongs to it now."))
            return redirect("organizations:detail", organization_id)
    return _show(request, organization_id, form)


@page(SIGNED_IN, methods=("POST",))
def leave(request: PageRequest, organization_id: int, person_id: int) -> HttpResponse:
    """End a membership today; it stays on record."""
    actions.leave(actor=request.actor, person_id=person_id, organization_id=organization_id)
    messages.success(request, gettext("The membership has ended."))
    return back(request, fallback="organizations:list")
