"""Bases, demonstration points and teams at the desk: targets and what was achieved, reviews with their history."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.organizations import queries as organizations
from xinshi.organizations.access import is_keeper
from xinshi.organizations.designations import actions, queries
from xinshi.organizations.designations.forms import DesignationFilter, DesignationForm, ReviewForm, a_year_on
from xinshi.organizations.wording import DESIGNATIONS, RESULTS

PAGE_SIZE: Final = 30


@page(frozenset({*STAFF, Role.AUDITOR}))
def designations(request: PageRequest) -> HttpResponse:
    form = DesignationFilter(request.GET)
    form.is_valid()
    kind, is_due = form.cleaned_data.get("kind") or "", bool(form.cleaned_data.get("due"))
    found = queries.designations(request.actor, kind=kind, is_due=is_due)
    shown = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    wanted = {"kind": kind, "due": "on" if is_due else ""}
    context = {
        "form": form,
        "page": shown,
        "reached": [(one, DESIGNATIONS[one.row.kind]) for one in queries.reached(shown)],
        "query": urlencode({name: value for name, value in wanted.items() if value}),
    }
    return render(request, "organizations/designations.html", context)


@page(SIGNED_IN)
def designation(request: PageRequest, designation_id: int) -> HttpResponse:
    return _show(request, designation_id, ReviewForm(initial={"next_review_on": a_year_on()}))


def _show(request: PageRequest, designation_id: int, form: ReviewForm) -> HttpResponse:
    row = queries.designation(request.actor, designation_id)
    [shown] = queries.reached([row])
    context = {
        "found": row,
        "kind": DESIGNATIONS[row.kind],
        "shown": shown,
        "reviews": [(one, RESULTS[one.result]) for one in queries.reviews(row)],
        "is_keeper": is_keeper(request.actor),
        "form": form,
    }
    return render(request, "organizations/designation.html", context)


@page(STAFF, methods=("GET", "POST"))
def designate(request: PageRequest, organization_id: int) -> HttpResponse:
    found = organizations.organization(request.actor, organization_id)
    initial = {"started_on": clock.today(), "review_on": a_year_on()}
    form = DesignationForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form, lambda: actions.designate(actor=request.actor, organization_id=organization_id, new=form.new())
        )
        if made is not None:
            messages.success(request, gettext("Saved."))
            return redirect("organizations:designation", made)
    return render(request, "organizations/designation_form.html", {"form": form, "organization": found})


@page(STAFF, methods=("POST",))
def review(request: PageRequest, designation_id: int) -> HttpResponse:
    row = queries.designation(request.actor, designation_id)
    form = ReviewForm(request.POST)
    if form.is_valid():
        made = attempt(
            form,
            lambda: actions.review(actor=request.actor, designation_id=designation_id, **form.values(row.measure)),
        )
        if made is not None:
            messages.success(request, gettext("The review is on record."))
            return redirect("organizations:designation", designation_id)
    return _show(request, designation_id, form)
