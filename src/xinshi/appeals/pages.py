"""Pages of who asks: the form, my requests, one request with its trail, adding, withdrawing, appealing, the evidence."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.pages import page_number, query_without_page
from xinshi.appeals import actions, queries
from xinshi.appeals.domain import CorrectionKind, NewRequest
from xinshi.appeals.forms import AppealForm, AskForm, MoreForm, contents, local_time
from xinshi.appeals.queries import Askable, RequestDetail
from xinshi.documents.storing import evidence_response
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound

ABOUT_LENGTH_MAX: Final = 64


@page(SIGNED_IN, methods=("GET", "POST"))
def ask(request: PageRequest) -> HttpResponse:
    """Something is wrong: about what `about` names, or service that is missing; for `person` where one acts for them."""
    about, person_id = request.GET.get("about", "")[:ABOUT_LENGTH_MAX], _number(request, "person")
    askable = queries.askable(request.actor, about=about, person_id=person_id)
    whose = askable.person_id or request.actor.person_id
    shifts = queries.shifts_without_record(whose) if CorrectionKind.MISSING in askable.kinds and whose else []
    if request.method == "POST":
        initial = _initial(askable)
        form = AskForm(request.POST, request.FILES, askable=askable, shifts=shifts, initial=initial)
        if form.is_valid() and (made := attempt(form, lambda: _ask(request, form, askable))):
            messages.success(request, gettext("Your request was received. You are told as soon as there is an answer."))
            return redirect("appeals:request", made)
    else:
        form = AskForm(askable=askable, shifts=shifts, initial=_initial(askable))
    return render(request, "appeals/ask.html", {"form": form, "askable": askable, "about": about})


def _ask(request: PageRequest, form: AskForm, askable: Askable) -> int:
    kind = form.kind_chosen()
    about = askable.subjects.get(kind)
    return actions.ask(
        actor=request.actor,
        request=NewRequest(
            kind=kind,
            subject_ref=about.reference if about else "",
            text=form.cleaned_data["text"],
            asked=form.asked(),
            person_id=askable.person_id,
        ),
        evidence=contents(form.cleaned_data["evidence"]),
    )


def _initial(askable: Askable) -> dict[str, object]:
    """The record's own day and beginning, so that only what is wrong has to be typed."""
    about = askable.subjects.get(CorrectionKind.RECORD)
    if about is None or about.starts_at is None:
        return {}
    initial: dict[str, object] = {"day": clock.local_day(about.starts_at), "starts": local_time(about.starts_at)}
    return initial | ({"ends": local_time(about.ends_at)} if about.ends_at else {})


@page(SIGNED_IN)
def mine(request: PageRequest) -> HttpResponse:
    """What I asked, newest first."""
    rows = queries.own_requests(request.actor).select_related("shift__activity")
    shown = Paginator(rows, queries.PER_PAGE).get_page(page_number(request))
    context = {
        "requests": [(row, titles.get(row.pk, "")) for titles in [queries.titles(shown)] for row in shown],
        "found": {"number": shown.number, "has_next": shown.has_next()},
        "query": query_without_page(request),
        "may_ask": request.actor.person_id is not None,
    }
    return render(request, "appeals/mine.html", context)


@page(SIGNED_IN)
def show(request: PageRequest, request_id: int) -> HttpResponse:
    """One request: what is asked, what was answered, the trail."""
    found = queries.request_detail(request.actor, request_id)
    return render(request, "appeals/request.html", _context(found, MoreForm()))


@page(SIGNED_IN, methods=("GET", "POST"))
def more(request: PageRequest, request_id: int) -> HttpResponse:
    """Add something to a request."""
    found = _spoken_for(request, request_id)
    form = MoreForm(request.POST, request.FILES) if request.method == "POST" else MoreForm()
    if form.is_bound and form.is_valid() and attempt(form, lambda: _more(request, request_id, form)):
        messages.success(request, gettext("Added to your request."))
        return redirect("appeals:request", request_id)
    return render(request, "appeals/more.html", _context(found, form))


def _more(request: PageRequest, request_id: int, form: MoreForm) -> bool:
    typed = form.cleaned_data
    actions.give_more(
        actor=request.actor, request_id=request_id, text=typed["text"], evidence=contents(typed["evidence"])
    )
    return True


@page(SIGNED_IN, methods=("GET", "POST"))
def appeal(request: PageRequest, request_id: int) -> HttpResponse:
    """Appeal against an answer, once."""
    found = _spoken_for(request, request_id)
    form = AppealForm(request.POST, request.FILES) if request.method == "POST" else AppealForm()
    if form.is_bound and form.is_valid() and (made := attempt(form, lambda: _appeal(request, request_id, form))):
        messages.success(request, gettext("Your appeal was received. An administrator looks at everything again."))
        return redirect("appeals:request", made)
    return render(request, "appeals/appeal.html", _context(found, form))


def _appeal(request: PageRequest, request_id: int, form: MoreForm) -> int:
    typed = form.cleaned_data
    return actions.appeal(
        actor=request.actor, request_id=request_id, text=typed["text"], evidence=contents(typed["evidence"])
    )


@page(SIGNED_IN, methods=("POST",))
def withdraw(request: PageRequest, request_id: int) -> HttpResponse:
    """Not wanted any more."""
    actions.withdraw(actor=request.actor, request_id=request_id)
    messages.success(request, gettext("Your request was withdrawn."))
    return redirect("appeals:request", request_id)


@page(SIGNED_IN)
def evidence(request: PageRequest, evidence_id: int) -> HttpResponse:
    """A file, only to who may read the request; shown as what its content is, and able to run nothing."""
    found, data = queries.evidence_of(request.actor, evidence_id)
    return evidence_response(data, content_type=found.content_type, name=f"evidence-{found.pk}")


def _spoken_for(request: PageRequest, request_id: int) -> RequestDetail:
    found = queries.request_detail(request.actor, request_id)
    if not found.may_speak:
        raise NotFound
    return found


def _context(found: RequestDetail, form: MoreForm) -> dict[str, object]:
    return {"found": found, "asked": found.request, "form": form}


def _number(request: HttpRequest, name: str) -> int | None:
    typed = request.GET.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
