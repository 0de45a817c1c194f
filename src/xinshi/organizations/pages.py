"""Organisations: the list, one with its members, new ones, changes."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, page
from xinshi.organizations import actions, queries
from xinshi.organizations.access import is_keeper, sees_members
from xinshi.organizations.forms import ChangeOrganizationForm, MemberForm, NewOrganizationForm, OrganizationFilter
from xinshi.organizations.wording import KINDS

PAGE_SIZE: Final = 30


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
    found = queries.organization(request.actor, organization_id)
    members = queries.members(request.actor, organization_id).order_by("person__name", "id")
    context = {
        "found": found,
        "kind": KINDS[found.kind],
        "is_keeper": is_keeper(request.actor),
        "sees_members": sees_members(request.actor),
        "page": Paginator(members, PAGE_SIZE).get_page(request.GET.get("page")),
        "form": form,
    }
    return render(request, "organizations/detail.html", context)


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
        names = ("name", "kind", "contact", "is_active")
        form = ChangeOrganizationForm(initial={name: getattr(found, name) for name in names})
    else:
        form = ChangeOrganizationForm(request.POST)
        if form.is_valid():
            changed = attempt(
                form,
                lambda: actions.change_organization(
                    actor=request.actor,
                    organization_id=organization_id,
                    is_active=form.cleaned_data["is_active"],
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


@page(STAFF, methods=("POST",))
def leave(request: PageRequest, organization_id: int, person_id: int) -> HttpResponse:
    """End a membership today; it stays on record."""
    actions.leave(actor=request.actor, person_id=person_id, organization_id=organization_id)
    messages.success(request, gettext("The membership has ended."))
    return redirect("organizations:detail", organization_id)
