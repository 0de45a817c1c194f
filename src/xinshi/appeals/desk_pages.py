"""Pages of who answers: what waits, and the answer with the facts side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.pages import page_number, query_without_page
from xinshi.appeals import actions, queries
from xinshi.appeals.access import ANSWERERS, SEE_ALL
from xinshi.appeals.forms import AnswerForm, local_time
from xinshi.appeals.models import CorrectionRequest
from xinshi.appeals.queries import RequestDetail
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound, gettext_noop

SAID: Final = {
    "grant": gettext_noop("Granted and carried out. The person who asked is told."),
    "refuse": gettext_noop("Not granted. The person who asked is told why."),
    "more": gettext_noop("Asked for more. The clock stands still until they answer."),
    "leave": gettext_noop("Left open. The person who asked is told why."),
}


@page(SEE_ALL)
def desk(request: PageRequest) -> HttpResponse:
    """What waits for me, what is due first at the top; or, on the second tab, everything."""
    is_all = request.GET.get("show") == "all"
    state = request.GET.get("state", "")
    rows = queries.all_requests(request.actor, state=state) if is_all else queries.waiting_for(request.actor)
    shown = Paginator(rows.select_related("shift__activity"), queries.PER_PAGE).get_page(page_number(request))
    titles = queries.titles(shown)
    context = {
        "requests": [(row, titles.get(row.pk, "")) for row in shown],
        "found": {"number": shown.number, "has_next": shown.has_next()},
        "query": query_without_page(request),
        "is_all": is_all,
        "state": state,
        "states": CorrectionRequest.State.choices,
        "summary": queries.waiting_summary(request.actor),
        "today": clock.today(),
        "may_answer": request.actor.has(*ANSWERERS),
    }
    return render(request, "appeals/desk.html", context)


@page(ANSWERERS, methods=("GET", "POST"))
def answer(request: PageRequest, request_id: int) -> HttpResponse:
    """Answer one request, with what stands and what is asked side by side."""
    found = queries.request_detail(request.actor, request_id)
    if not found.may_answer:
        raise NotFound
    form = _form(request, found)
    if form.is_bound and form.is_valid() and attempt(form, lambda: _answer(request, request_id, form)):
        said = SAID[form.cleaned_data["answer"]]
        messages.success(request, gettext(said))
        return redirect("appeals:request", request_id)
    return render(request, "appeals/answer.html", {"found": found, "asked": found.request, "form": form})


def _form(request: PageRequest, found: RequestDetail) -> AnswerForm:
    row = found.request
    stands: dict[str, Any] = {"shift": str(row.shift_id) if row.shift_id else ""}
    if row.asked_from is not None and row.asked_until is not None:
        stands |= {
            "day": clock.local_day(row.asked_from),
            "starts": local_time(row.asked_from),
            "ends": local_time(row.asked_until),
        }
    return AnswerForm(request.POST if request.method == "POST" else None, request=row, stands=stands)


def _answer(request: PageRequest, request_id: int, form: AnswerForm) -> bool:
    text, actor = form.cleaned_data["text"], request.actor
    answers: dict[str, Callable[[], object]] = {
        "grant": lambda: actions.grant(actor=actor, request_id=request_id, reason=text, given=form.given()),
        "refuse": lambda: actions.refuse(actor=actor, request_id=request_id, reason=text),
        "more": lambda: actions.ask_more(actor=actor, request_id=request_id, question=text),
        "leave": lambda: actions.leave_open(actor=actor, request_id=request_id, reason=text),
    }
    answers[form.cleaned_data["answer"]]()
    return True
