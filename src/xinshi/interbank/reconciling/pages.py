"""Pages of reconciliation: the time banks at a glance, comparisons, differences and the work on one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.interbank.identity.queries import clash_count
from xinshi.interbank.overlaps.queries import waiting_count
from xinshi.interbank.reconciling import actions, queries
from xinshi.interbank.reconciling.forms import DueForm, EndForm, NoteForm, PeriodForm
from xinshi.kernel.actor import Role

ROWS_PER_PAGE: Final = 50


@page(READERS)
def settling(request: PageRequest) -> HttpResponse:
    """Every time bank at a glance, and what waits for a person."""
    context = {
        "cards": queries.partner_cards(request.actor),
        "open_count": queries.open_count(request.actor),
        "overdue_count": queries.overdue_count(request.actor),
        "clash_count": clash_count(request.actor),
        "overlap_count": waiting_count(request.actor),
        "may_see_keys": request.actor.has(Role.ADMINISTRATOR, Role.AUDITOR),
    }
    return render(request, "interbank/settling.html", context)


@page(READERS, methods=("GET", "POST"))
def comparisons(request: PageRequest, partner_id: int) -> HttpResponse:
    """The comparisons with one bank; keepers make the next one, by its interface or by its file."""
    partner = queries.bank(request.actor, partner_id)
    form = PeriodForm(request.POST, request.FILES) if request.method == "POST" else PeriodForm()
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: _compare(request, partner_id, form))
        if done is not None:
            return redirect("interbank:comparison", done)
    shown = Paginator(queries.comparisons(request.actor, partner_id), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"partner": partner, "page": shown, "form": form, "may_write": is_keeper(request.actor)}
    return render(request, "interbank/comparisons.html", context)


def _compare(request: PageRequest, partner_id: int, form: Form) -> int:
    period = {"from_day": form.cleaned_data["from_day"], "to_day": form.cleaned_data["to_day"]}
    uploaded = form.cleaned_data["file"]
    if not uploaded:
        return actions.compare_by_interface(actor=request.actor, partner_id=partner_id, **period)
    data = uploaded.read()
    return actions.compare_by_file(
        actor=request.actor, partner_id=partner_id, data=data, file_name=uploaded.name, **period
    )


@page(READERS)
def comparison(request: PageRequest, comparison_id: int) -> HttpResponse:
    """One comparison: its four lists."""
    found = queries.comparison(request.actor, comparison_id)
    differing = queries.differences(request.actor, partner_id=found.partner_id, comparison_id=found.pk)
    lists = [
        (place, [one for one in differing[:500] if one.place == place])
        for place in ("differs", "only_here", "only_there")
    ]
    shown = Paginator(queries.matched_lines(found), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "interbank/comparison.html", {"found": found, "lists": lists, "page": shown})


@page(READERS)
def differences(request: PageRequest) -> HttpResponse:
    """Open differences of all banks or of one, those due first before the others; or those that have ended."""
    typed = request.GET.get("partner", "")
    partner_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    is_open = request.GET.get("state") != "ended"
    rows = queries.differences(request.actor, partner_id=partner_id, is_open=is_open)
    shown = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "is_open": is_open,
        "partner_id": partner_id,
        "banks": [card.partner for card in queries.partner_cards(request.actor)],
        "names": queries.names([row.owner_ref for row in shown]),
        "query": f"state={'open' if is_open else 'ended'}" + (f"&partner={partner_id}" if partner_id else ""),
    }
    return render(request, "interbank/differences.html", context)


@page(READERS, methods=("GET", "POST"))
def difference(request: PageRequest, difference_id: int) -> HttpResponse:
    """One difference: what both sides say, what was written about it, and its end."""
    found = queries.difference(request.actor, difference_id)
    forms: dict[str, Form] = {"note": NoteForm(), "due": DueForm(initial={"due_on": found.due_on}), "end": EndForm()}
    asked = request.POST.get("do", "")
    if request.method == "POST" and asked in _WORK:
        form = forms[asked] = type(forms[asked])(request.POST)
        if form.is_valid() and attempt(form, lambda: _WORK[asked](request, difference_id, form)):
            return redirect("interbank:difference", difference_id)
    written = queries.notes(found)
    newer = [one for one in queries.said_otherwise(found) if one.last_seen_in_id > found.last_seen_in_id]
    context = {
        "newer": newer[0] if newer else None,
        "found": found,
        "sides": [(gettext("Here"), found.ours), (found.partner.name, found.theirs)],
        "notes": written,
        "names": queries.names([found.owner_ref, found.ended_by_ref, *(note.by_ref for note in written)]),
        "may_write": queries.may_work(request.actor, found),
        "is_mine": found.owner_ref == request.actor.reference,
        **{f"{name}_form": form for name, form in forms.items()},
    }
    return render(request, "interbank/difference.html", context)


def _note(request: PageRequest, difference_id: int, form: Form) -> bool:
    actions.add_note(actor=request.actor, difference_id=difference_id, text=form.cleaned_data["text"])
    return True


def _due(request: PageRequest, difference_id: int, form: Form) -> bool:
    actions.set_due_day(actor=request.actor, difference_id=difference_id, **form.cleaned_data)
    return True


def _end(request: PageRequest, difference_id: int, form: Form) -> bool:
    booked = actions.end_difference(actor=request.actor, difference_id=difference_id, **form.cleaned_data)
    if booked:
        text = gettext("The difference has come to its end, and the minutes that follow from it are booked.")
    else:
        text = gettext("The difference has come to its end.")
    messages.success(request, text)
    return True


_WORK: Final[dict[str, Callable[[PageRequest, int, Form], bool]]] = {"note": _note, "due": _due, "end": _end}


@page(KEEPERS, methods=("POST",))
def take_over(request: PageRequest, difference_id: int) -> HttpResponse:
    """Become the owner."""
    actions.take_over(actor=request.actor, difference_id=difference_id)
    messages.success(request, gettext("You are the owner of this difference now."))
    return redirect("interbank:difference", difference_id)
