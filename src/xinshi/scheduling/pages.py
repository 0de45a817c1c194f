"""The desk of planning: periods, versions, who goes where, what stays empty, edits by hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache

from xinshi.activities.access import PLANNERS
from xinshi.doors.pages import PageRequest, attempt, back, page
from xinshi.kernel.errors import NotFound
from xinshi.scheduling import access, actions
from xinshi.scheduling.access import READERS
from xinshi.scheduling.actions.editing import Weighed
from xinshi.scheduling.forms import AddForm, PeriodForm, PlanForm, start_of
from xinshi.scheduling.queries import periods as period_queries
from xinshi.scheduling.queries import tables
from xinshi.scheduling.queries import versions as version_queries

NOTHING_NEW = 204
"""htmx leaves the page as it is and asks again."""


@page(READERS)
def periods(request: PageRequest) -> HttpResponse:
    """All periods, the open ones first."""
    context = {"lines": period_queries.period_lines(request.actor), "may_plan": access.is_planner(request.actor)}
    return render(request, "scheduling/periods.html", context)


@page(READERS)
def period(request: PageRequest, period_id: int) -> HttpResponse:
    """One period: its versions, its rules, and the form for a further version."""
    found = period_queries.period_detail(request.actor, period_id)
    form = PlanForm(versions=found.with_plan, initial=start_of(found.with_plan))
    return render(request, "scheduling/period.html", {"found": found, "period": found.period, "form": form})


@page(PLANNERS, methods=("GET", "POST"))
def create(request: PageRequest) -> HttpResponse:
    form = PeriodForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.create_period(actor=request.actor, period=form.period()))
        if made is not None:
            return redirect("scheduling:period", made)
    return render(request, "scheduling/period_form.html", {"form": form, "period": None})


@page(PLANNERS, methods=("GET", "POST"))
def edit(request: PageRequest, period_id: int) -> HttpResponse:
    row = access.period_of(request.actor, period_id)
    form = PeriodForm(request.POST if request.method == "POST" else None, current=row)
    if request.method == "POST" and form.is_valid():

        def change() -> bool:
            actions.change_period(actor=request.actor, period_id=row.pk, period=form.period())
            return True

        if attempt(form, change):
            messages.success(request, gettext("Saved. Plan again to see what it changes."))
            return redirect("scheduling:period", row.pk)
    return render(request, "scheduling/period_form.html", {"form": form, "period": row})


@page(PLANNERS, methods=("POST",))
def close(request: PageRequest, period_id: int) -> HttpResponse:
    """Close a period, or open it again."""
    row = access.period_of(request.actor, period_id)
    actions.close_period(actor=request.actor, period_id=row.pk, is_closed=not row.is_closed)
    return redirect("scheduling:period", row.pk)


@page(PLANNERS, methods=("POST",))
def plan(request: PageRequest, period_id: int) -> HttpResponse:
    """Ask for a further version."""
    found = period_queries.period_detail(request.actor, period_id)
    form = PlanForm(request.POST, versions=found.with_plan)
    if form.is_valid():
        data = form.cleaned_data
        parent = data.get("parent")
        made = attempt(
            form,
            lambda: actions.want_plan(
                actor=request.actor,
                period_id=period_id,
                parent_id=int(parent) if parent else None,
                note=data["note"],
                time_limit_seconds=data["time_limit_seconds"],
                weighs_wishes=data["weighs_wishes"],
                changes_max=data.get("changes_max") if parent else None,
            ),
        )
        if made is not None:
            return redirect("scheduling:version", made)
    return render(request, "scheduling/period.html", {"found": found, "period": found.period, "form": form})


@never_cache
@page(READERS)
def version(request: PageRequest, plan_id: int) -> HttpResponse:
    """One version: how full, matched, fair and proven it is; while it is made, how far."""
    found = version_queries.version_detail(request.actor, plan_id)
    others = [
        one
        for one in period_queries.period_detail(request.actor, found.version.period_id).with_plan
        if one.pk != plan_id
    ]
    context = {"found": found, "others": others, "may_plan": access.is_planner(request.actor)}
    return render(request, "scheduling/version.html", _around(found.version) | context)


@never_cache
@page(READERS)
def progress(request: PageRequest, plan_id: int) -> HttpResponse:
    """How far a version is; once it is no more at work, the whole page is loaded anew."""
    row = access.version_of(request.actor, plan_id)
    response = render(request, "scheduling/_progress.html", {"version": row})
    if row.state not in ("waiting", "running"):
        response["HX-Refresh"] = "true"
    return response


@page(PLANNERS, methods=("POST",))
def stop(request: PageRequest, plan_id: int) -> HttpResponse:
    actions.stop_plan(actor=request.actor, version_id=plan_id)
    return redirect("scheduling:version", plan_id)


@page(READERS)
def compare(request: PageRequest, period_id: int) -> HttpResponse:
    """Two versions side by side; the two latest where none are named."""
    found = period_queries.period_detail(request.actor, period_id)
    latest = [one.pk for one in reversed(found.with_plan[:2])]
    one, other = _number(request, "one"), _number(request, "other")
    chosen = [one, other] if one and other else latest
    both = version_queries.comparison(request.actor, *chosen) if len(chosen) == 2 else None
    if both is not None and both.one.version.period_id != period_id:
        raise NotFound
    return render(request, "scheduling/compare.html", {"found": found, "period": found.period, "both": both})


@page(READERS)
def shifts(request: PageRequest, plan_id: int) -> HttpResponse:
    """Who goes where, by shift."""
    row, rows, found = tables.by_shift(request.actor, plan_id, page=_number(request, "page"))
    context = {"rows": rows, "page": found, "may_edit": tables.may_edit(request.actor, row)}
    return render(request, "scheduling/shifts.html", _around(row) | context)


@never_cache
@page(PLANNERS)
def obstacles(request: PageRequest, plan_id: int) -> HttpResponse:
    """For each shift of a page of the board why somebody who is dragged may not serve there; empty where they may."""
    found = tables.obstacles(
        request.actor,
        plan_id,
        page=_number(request, "page"),
        person_id=_number(request, "person"),
        instead_of_id=_number(request, "instead_of"),
    )
    return JsonResponse({str(line): gettext(reason) if reason else "" for line, reason in found.items()})


@page(READERS)
def people(request: PageRequest, plan_id: int) -> HttpResponse:
    """Who goes where, by person."""
    search = request.GET.get("search", "").replace("\0", "").strip()[:40]
    row, rows, found = tables.by_person(request.actor, plan_id, page=_number(request, "page"), search=search)
    return render(request, "scheduling/people.html", _around(row) | {"rows": rows, "page": found, "search": search})


@page(READERS)
def empty(request: PageRequest, plan_id: int) -> HttpResponse:
    """What stays empty, why, and whom to recruit."""
    row, lines = tables.empty_lines(request.actor, plan_id)
    return render(request, "scheduling/empty.html", _around(row) | {"lines": lines})


@page(READERS)
def line(request: PageRequest, plan_line_id: int) -> HttpResponse:
    """One shift of a version: who is in it and who could be."""
    found = tables.line_detail(request.actor, plan_line_id)
    return render(request, "scheduling/line.html", _around(found.version) | {"found": found, "row": found.row})


@page(PLANNERS, methods=("POST",))
def add(request: PageRequest, plan_line_id: int) -> HttpResponse:
    """Put somebody into a shift."""
    row = tables.planned_line(request.actor, plan_line_id)
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose a person."))
        return redirect("scheduling:line", plan_line_id)
    done = actions.add(
        actor=request.actor,
        version_id=row.version_id,
        shift_id=row.shift_id,
        person_id=form.cleaned_data["person"],
        instead_of_id=form.cleaned_data["instead_of"],
    )
    _tell(request, done)
    return _where_it_was_done(request) or redirect("scheduling:line", plan_line_id)


@page(PLANNERS, methods=("POST",))
def remove(request: PageRequest, assignment_id: int) -> HttpResponse:
    _tell(request, actions.remove(actor=request.actor, assignment_id=assignment_id))
    return back(request, fallback="scheduling:periods")


@page(PLANNERS, methods=("POST",))
def lock(request: PageRequest, assignment_id: int) -> HttpResponse:
    """Fix an assignment, or set it free (`free` in the form)."""
    is_locked = "free" not in request.POST
    actions.lock(actor=request.actor, assignment_id=assignment_id, is_locked=is_locked)
    messages.success(
        request, gettext("Fixed: planning again leaves it as it is.") if is_locked else gettext("Set free.")
    )
    return back(request, fallback="scheduling:periods")


@page(PLANNERS, methods=("GET", "POST"))
def swap(request: PageRequest, assignment_id: int) -> HttpResponse:
    """With whom somebody can change places, and what it changes."""
    row, choices = tables.swap_choices(request.actor, assignment_id)
    if request.method == "POST":
        form = AddForm(request.POST)
        if form.is_valid():
            done = actions.swap(actor=request.actor, assignment_id=assignment_id, other_id=form.cleaned_data["person"])
            _tell(request, done)
            return _where_it_was_done(request) or redirect("scheduling:version", row.version_id)
        messages.error(request, gettext("Choose a person."))
    return render(request, "scheduling/swap.html", _around(row.version) | {"row": row, "choices": choices})


def _where_it_was_done(request: PageRequest) -> HttpResponse | None:
    """Back to the page that sent it, where that page said so (`stay`): a shift's own, or the board of all."""
    return back(request, fallback="scheduling:periods") if "stay" in request.POST else None


def _around(row: object) -> dict[str, object]:
    """What every page of a version shows."""
    return {"version": row, "period": row.period}  # type: ignore[attr-defined]


def _number(request: HttpRequest, name: str) -> int:
    """A number of the address; 0 for anything else."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _tell(request: PageRequest, done: Weighed) -> None:
    """What an edit changed, in words."""
    if done.filled:
        places = (
            ngettext("%(number)s place fewer is filled.", "%(number)s places fewer are filled.", -done.filled)
            if done.filled < 0
            else ngettext("%(number)s place more is filled.", "%(number)s places more are filled.", done.filled)
        )
        text = places % {"number": abs(done.filled)}
    else:
        text = gettext("As many places are filled as before.")
    points = (
        gettext("The plan is worth %(points)s points more.")
        if done.worth >= 0
        else gettext("The plan is worth %(points)s points less.")
    )
    messages.success(request, f"{text} {points % {'points': f'{abs(done.worth):,}'}}")
