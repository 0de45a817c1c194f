"""The inbox: rows of people who were not found. Somebody finds the person, or says that the rows are not ours."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.doors.pages import PageRequest, page
from xinshi.exchange import actions, queries
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.exchange.actions.deciding import REASON_LENGTH_MAX
from xinshi.exchange.reporting import line_text
from xinshi.kernel.errors import NotFound
from xinshi.kernel.minutes import hours_figure
from xinshi.people.domain import masked_phone

LINES_PER_PAGE: Final = 100
TERM_SIGNS_MAX: Final = 64


@page(READERS)
def inbox(request: PageRequest) -> HttpResponse:
    """What waits for its person; `q` narrows the rows, `who` looks for the person."""
    term, who = (request.GET.get(name, "")[:TERM_SIGNS_MAX] for name in ("q", "who"))
    shown = Paginator(queries.unmatched(request.actor, term=term), LINES_PER_PAGE).get_page(request.GET.get("page"))
    may_write = is_keeper(request.actor)
    found = queries.candidates(request.actor, who.replace("\0", "")) if may_write else []
    context = {
        "page": shown,
        "lines": [(line, line_text(line)) for line in shown],
        "term": term,
        "who": who,
        "query": urlencode({"q": term, "who": who}),
        "people": [(person, masked_phone(person.phone)) for person in found],
        "may_write": may_write,
        "reason_length_max": REASON_LENGTH_MAX,
    }
    return render(request, "exchange/inbox.html", context)


@page(KEEPERS, methods=("POST",))
def match(request: PageRequest) -> HttpResponse:
    """The chosen rows are the chosen person's."""
    ids, people = _numbers(request, "line"), _numbers(request, "person")
    if not ids or len(people) != 1:
        messages.error(request, gettext("Choose the rows, look for the person, and choose the person."))
        return _back(request)
    found = actions.match_lines(
        actor=request.actor,
        line_ids=ids,
        person_id=people[0],
        remember_number=request.POST.get("remember") == "on",
    )
    _tell(request, found)
    return redirect("exchange:inbox")


@page(KEEPERS, methods=("POST",))
def not_ours(request: PageRequest) -> HttpResponse:
    """The chosen rows are of people of another hospital."""
    ids = _numbers(request, "line")
    if not ids:
        messages.error(request, gettext("Choose at least one row first."))
        return _back(request)
    reason = request.POST.get("reason", "").replace("\0", "")
    number = actions.lines_not_ours(actor=request.actor, line_ids=ids, reason=reason)
    messages.success(request, gettext("Rows laid aside as not ours: %(lines)s.") % {"lines": number})
    return redirect("exchange:inbox")


@page(KEEPERS, methods=("POST",))
def look_again(request: PageRequest) -> HttpResponse:
    """Judge everything that waits anew."""
    _tell(request, actions.look_again(actor=request.actor))
    return redirect("exchange:inbox")


def _tell(request: PageRequest, found: dict[str, int]) -> None:
    credited, minutes = found.get("credited", 0), found.get("minutes", 0)
    if credited:
        figures = {"lines": credited, "hours": hours_figure(minutes)}
        messages.success(request, gettext("Rows credited: %(lines)s, %(hours)s hours in all.") % figures)
    if found.get("held_back"):
        text = gettext("Rows held back, to be looked at: %(rows)s.")
        messages.warning(request, text % {"rows": found["held_back"]})
    if found.get("unmatched"):
        messages.warning(
            request, gettext("Rows that still wait: %(rows)s. Each says why.") % {"rows": found["unmatched"]}
        )
    if not found or not any(found.values()):
        messages.info(request, gettext("Nothing waits."))


def _back(request: PageRequest) -> HttpResponse:
    """To the list as it was narrowed, with the person who was looked for."""
    typed = {name: request.POST.get(name, "")[:TERM_SIGNS_MAX] for name in ("q", "who")}
    return redirect(f"{reverse('exchange:inbox')}?{urlencode(typed)}")


def _numbers(request: PageRequest, name: str) -> list[int]:
    typed = request.POST.getlist(name)
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in typed):
        raise NotFound
    return [int(text) for text in typed]
