"""The hospital's own lists: kinds of qualification with what they include, skills, sites, the words of the pledge."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.archive import actions, queries, wording
from xinshi.archive.access import KEEPERS, READERS
from xinshi.archive.actions.kinds import TABLES
from xinshi.archive.forms import KindForm, LineForm, PledgeTextForm
from xinshi.archive.models import QualificationKind, Site, Skill
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound


@page(READERS)
def kinds(request: PageRequest) -> HttpResponse:
    """Kinds of qualification, what each includes, and how many have it."""
    lines = [(line, wording.CATEGORIES[line.category]) for line in queries.kinds(on=clock.today())]
    return render(request, "archive/kinds.html", {"lines": lines, "may_change": request.actor.has(*KEEPERS)})


@page(KEEPERS, methods=("GET", "POST"))
def new_kind(request: PageRequest) -> HttpResponse:
    return _kind(request, None)


@page(KEEPERS, methods=("GET", "POST"))
def kind(request: PageRequest, kind_id: int) -> HttpResponse:
    row = queries.kind(kind_id)
    if row is None:
        raise NotFound
    return _kind(request, row)


def _kind(request: PageRequest, row: QualificationKind | None) -> HttpResponse:
    form = KindForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: actions.save_kind(actor=request.actor, kind=form.kind(), is_active=form.cleaned_data["is_active"]),
        )
        if done is not None:
            messages.success(request, gettext("Saved."))
            return redirect("archive:kinds")
    title = gettext("Change a kind of qualification") if row else gettext("New kind of qualification")
    context = {"form": form, "title": title, "name": queries.name_of(row) if row else "", "back": "archive:kinds"}
    return render(request, "archive/form.html", context)


@page(READERS)
def lists(request: PageRequest) -> HttpResponse:
    """The hospital's skills and sites."""
    context = {
        "skills": [(row, queries.name_of(row)) for row in Skill.objects.order_by("-is_active", "pk")],
        "sites": [(row, queries.name_of(row)) for row in Site.objects.order_by("-is_active", "pk")],
        "may_change": request.actor.has(*KEEPERS),
    }
    return render(request, "archive/lists.html", context)


@page(KEEPERS, methods=("GET", "POST"))
def new_line(request: PageRequest, table: str) -> HttpResponse:
    return _line(request, table, None)


@page(KEEPERS, methods=("GET", "POST"))
def line(request: PageRequest, table: str, line_code: str) -> HttpResponse:
    if table not in TABLES:
        raise NotFound
    row = TABLES[table].objects.filter(code=line_code).first()
    if row is None:
        raise NotFound
    return _line(request, table, row)


def _line(request: PageRequest, table: str, row: Skill | Site | None) -> HttpResponse:
    if table not in TABLES:
        raise NotFound
    form = LineForm(request.POST if request.method == "POST" else None, table=table, row=row)
    if request.method == "POST" and form.is_valid():
        values = {"code": row.code if row else "", **form.cleaned_data}
        done = attempt(form, lambda: actions.save_line(actor=request.actor, table=table, **values))
        if done is not None:
            messages.success(request, gettext("Saved."))
            return redirect("archive:lists")
    title = gettext("Skill") if table == "skill" else gettext("Site")
    context = {"form": form, "title": title, "name": queries.name_of(row) if row else "", "back": "archive:lists"}
    return render(request, "archive/form.html", context)


@page(READERS)
def pledge_texts(request: PageRequest) -> HttpResponse:
    """Every version of the pledge, newest first; the one in force is marked."""
    context = {
        "texts": queries.pledge_texts(),
        "current": queries.pledge_text_on(clock.today()),
        "may_change": request.actor.has(*KEEPERS),
    }
    return render(request, "archive/pledge_texts.html", context)


@page(KEEPERS, methods=("GET", "POST"))
def new_pledge_text(request: PageRequest) -> HttpResponse:
    form = PledgeTextForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: actions.publish_pledge_text(actor=request.actor, **form.cleaned_data))
        if done is not None:
            messages.success(request, gettext("Saved."))
            return redirect("archive:pledge_texts")
    context = {"form": form, "title": gettext("New words of the pledge"), "name": "", "back": "archive:pledge_texts"}
    return render(request, "archive/form.html", context)
