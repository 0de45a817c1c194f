"""Pages of what looks odd."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from xinshi.activities.access import LEADERS
from xinshi.activities.pages import page_number, query_without_page
from xinshi.attendance.anomalies import actions, queries
from xinshi.attendance.anomalies.wording import NAMES, name_of
from xinshi.doors.pages import PageRequest, back, page
from xinshi.kernel.errors import NotFound

PER_PAGE = 50


class ReviewForm(forms.Form):
    """A decision and its note."""

    decision = forms.ChoiceField(choices=[("accept", "accept"), ("uphold", "uphold")])
    note = forms.CharField(max_length=300, required=False)


@page(LEADERS)
def anomalies(request: PageRequest) -> HttpResponse:
    """What somebody has to look at before it can be approved."""
    kind = request.GET.get("kind", "")
    shown = Paginator(queries.to_review(request.actor, kind=kind), PER_PAGE).get_page(page_number(request))
    context = {
        "rows": shown.object_list,
        "found": {"number": shown.number, "has_next": shown.has_next()},
        "kind": kind if kind in NAMES else "",
        "kinds": [(code, name_of(code)) for code in NAMES],
        "query": query_without_page(request),
    }
    return render(request, "attendance/anomalies/list.html", context)


@page(LEADERS, methods=("POST",))
def review(request: PageRequest, anomaly_id: int) -> HttpResponse:
    """Accept or uphold, with a note."""
    form = ReviewForm(request.POST)
    if not form.is_valid():
        raise NotFound
    accepts = form.cleaned_data["decision"] == "accept"
    actions.review(actor=request.actor, anomaly_id=anomaly_id, accepts=accepts, note=form.cleaned_data["note"])
    if accepts:
        messages.success(request, gettext("Accepted. The record can be approved."))
    else:
        messages.success(request, gettext("Upheld. Correct the times of the record, or refuse it."))
    return back(request, fallback="attendance:anomalies")
