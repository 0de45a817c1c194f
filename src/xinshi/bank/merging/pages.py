"""People who are registered twice: the list, two records side by side, proposals and their confirmation."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.bank.access import CORRECTORS
from xinshi.bank.merging import actions, queries
from xinshi.bank.merging.forms import ChoosePairForm, DismissForm, ProposeForm, RefuseMergeForm
from xinshi.bank.models import MergeProposal, Passbook
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel.minutes import hours_figure
from xinshi.people.models import Person
from xinshi.people.pages.archive import facts
from xinshi.people.queries import names_by_reference

PAGE_SIZE: Final = 30


@page(CORRECTORS)
def duplicates(request: PageRequest) -> HttpResponse:
    """Who may be registered twice, the likeliest first; and proposals that wait for a second person."""
    found = queries.candidates(request.actor)
    shown = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "pairs": [(one, [gettext(text) for text in one.reasons]) for one in shown],
        "waiting": queries.proposals(request.actor).filter(state=MergeProposal.State.PROPOSED)[:50],
        "done": queries.proposals(request.actor).exclude(state=MergeProposal.State.PROPOSED)[:10],
        "form": ChoosePairForm(),
        "query": "",
    }
    return render(request, "bank/merging/duplicates.html", context)


@page(CORRECTORS)
def choose_pair(request: PageRequest) -> HttpResponse:
    """From two passbook numbers to their people, side by side."""
    form = ChoosePairForm(request.GET)
    if form.is_valid():
        numbers = [form.cleaned_data["number"].strip(), form.cleaned_data["other_number"].strip()]
        found = dict(Passbook.objects.filter(number__in=numbers).values_list("number", "person_id"))
        if len(found) == 2:
            return redirect("bank:pair", *sorted(found.values()))
    messages.error(request, gettext("These are not the numbers of two passbooks. Type both in full."))
    return redirect("bank:duplicates")


@page(CORRECTORS, methods=("GET", "POST"))
def pair(request: PageRequest, person_id: int, other_id: int) -> HttpResponse:
    """Two records side by side; POST proposes to merge them."""
    found = queries.pair(request.actor, person_id, other_id)
    form = ProposeForm(request.POST if request.method == "POST" else None, pair=found, labels=_labels(found))
    if request.method == "POST" and form.is_valid():
        stays = form.cleaned_data["stays"]
        goes = found.second.pk if stays == found.first.pk else found.first.pk
        reason = form.cleaned_data["reason"]
        made = attempt(
            form, lambda: actions.propose_merge(actor=request.actor, stays_id=stays, goes_id=goes, reason=reason)
        )
        if made is not None:
            messages.success(request, gettext("Proposed. Another coordinator confirms it."))
            return redirect("bank:merge", made)
    return _show_pair(request, found, form, DismissForm())


def _labels(found: queries.Pair) -> tuple[str, str]:
    numbers = dict(Passbook.objects.filter(person__in=[found.first, found.second]).values_list("person_id", "number"))
    first, second = (f"{one.name} · {numbers.get(one.pk, one.pk)}" for one in (found.first, found.second))
    return first, second


def _show_pair(request: PageRequest, found: queries.Pair, form: ProposeForm, dismiss_form: DismissForm) -> HttpResponse:
    context = {
        "pair": found,
        "reasons": [gettext(text) for text in found.reasons],
        "sides": _sides(request, found.first, found.second),
        "form": form,
        "dismiss_form": dismiss_form,
        "is_dismissed": queries.is_dismissed(found.first.pk, found.second.pk),
    }
    return render(request, "bank/merging/pair.html", context)


def _sides(request: PageRequest, *people: Person) -> list[tuple[queries.Side, list[tuple[str, str]]]]:
    return [(queries.side(request.actor, one), facts(one)) for one in people]


@page(CORRECTORS, methods=("POST",))
def dismiss(request: PageRequest, person_id: int, other_id: int) -> HttpResponse:
    """They are two people."""
    found = queries.pair(request.actor, person_id, other_id)
    form = DismissForm(request.POST)
    if not form.is_valid():
        return _show_pair(request, found, ProposeForm(None, pair=found, labels=_labels(found)), form)
    actions.dismiss_pair(
        actor=request.actor, person_id=person_id, other_id=other_id, reason=form.cleaned_data["reason"]
    )
    messages.success(request, gettext("They are not offered again."))
    return redirect("bank:duplicates")


@page(CORRECTORS, methods=("GET", "POST"))
def merge(request: PageRequest, merge_id: int) -> HttpResponse:
    """A proposal with all that it would do; POST refuses it with the reason."""
    row = queries.proposal(request.actor, merge_id)
    form = RefuseMergeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: _refuse(request, merge_id, reason)):
            messages.success(request, gettext("The proposal is refused."))
            return redirect("bank:duplicates")
    is_open = row.state == MergeProposal.State.PROPOSED
    names = names_by_reference([row.proposed_by_ref, row.decided_by_ref])
    context = {
        "row": row,
        "form": form,
        "is_open": is_open,
        "is_mine": row.proposed_by_ref == request.actor.reference,
        "obstacles": queries.merge_obstacles(row.stays_id, row.goes_id) if is_open else [],
        "sides": _sides(request, row.stays, row.goes),
        "names": names,
        "moved": hours_figure(row.moved_minutes or 0),
    }
    return render(request, "bank/merging/merge.html", context)


def _refuse(request: PageRequest, merge_id: int, reason: str) -> bool:
    actions.refuse_merge(actor=request.actor, merge_id=merge_id, reason=reason)
    return True


@page(CORRECTORS, methods=("POST",))
def confirm(request: PageRequest, merge_id: int) -> HttpResponse:
    """The second person agrees: the two records are one, for ever."""
    moved = actions.confirm_merge(actor=request.actor, merge_id=merge_id)
    messages.success(
        request, gettext("The two records are one now. Hours carried over: %(hours)s.") % {"hours": hours_figure(moved)}
    )
    return redirect("bank:merge", merge_id)


@page(CORRECTORS, methods=("POST",))
def withdraw(request: PageRequest, merge_id: int) -> HttpResponse:
    """Whoever proposed takes it back."""
    actions.withdraw_merge(actor=request.actor, merge_id=merge_id)
    messages.success(request, gettext("The proposal is taken back."))
    return redirect("bank:duplicates")
