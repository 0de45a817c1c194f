"""The page of fairness, for planners and auditors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities.domain import FIRST_DAY, LAST_DAY
from xinshi.doors.pages import PageRequest, page
from xinshi.kernel import clock
from xinshi.people.wording import GROUPS
from xinshi.scheduling.access import READERS
from xinshi.scheduling.fairness.domain import TOGETHER, Share
from xinshi.scheduling.fairness.drawing import bar, lorenz
from xinshi.scheduling.fairness.queries import LONG_DAYS, Fairness
from xinshi.scheduling.fairness.queries import fairness as fairness_of

SPAN_DAYS: Final = 90
BETWEEN: Final = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]


class SpanForm(forms.Form):
    """From which day to which the shifts are counted."""

    first = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), validators=BETWEEN
    )
    last = forms.DateField(
        label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), validators=BETWEEN
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if first is not None and last is not None and last < first:
            self.add_error("last", gettext("The last day is before the first."))
        return data


@dataclass(frozen=True, slots=True)
class Line:
    """A group as the page shows it; the bar compares places per hundred people."""

    label: str
    share: Share
    bar: SafeString


@page(READERS)
def fairness(request: PageRequest) -> HttpResponse:
    """How places were shared out in a span of days; the last 90 days and the week to come where none is chosen."""
    today = clock.today()
    usual = {"first": today - timedelta(days=SPAN_DAYS), "last": today + timedelta(days=7)}
    form = SpanForm(request.GET if "first" in request.GET else usual)
    span = form.cleaned_data if form.is_valid() else usual
    found = fairness_of(request.actor, first=span["first"], last=span["last"])
    ages = sorted(found.ages, key=_age_order)
    context = {
        "found": found,
        "form": form,
        "parts": [
            (gettext("By group"), _lines(found.groups, {key: str(word) for key, word in GROUPS.items()})),
            (gettext("By age"), _lines(ages, {share.key: _age(share.key) for share in ages})),
        ],
        "long_days": LONG_DAYS,
        "picture": _picture(found),
    }
    return render(request, "scheduling/fairness.html", context)


def _lines(shares: Sequence[Share], labels: dict[str, str]) -> list[Line]:
    most = max([1, *(share.taken_per_100 for share in shares)])
    named = {**labels, TOGETHER: gettext("Smaller groups together")}
    return [Line(named.get(share.key, share.key), share, bar(share.taken_per_100, most)) for share in shares]


def _age(key: str) -> str:
    if not key:
        return gettext("Birthday not known")
    if key == TOGETHER:
        return ""
    first, last = key.split("-")
    if int(last) >= 200:
        return gettext("%(first)s and older") % {"first": first}
    return gettext("%(first)s to %(last)s years") % {"first": first, "last": last}


def _age_order(share: Share) -> int:
    """The youngest first, then whose birthday is not known, then who is only shown together."""
    first = share.key.partition("-")[0]
    return int(first) if first.isdigit() else 1_000 + (share.key == TOGETHER)


def _picture(found: Fairness) -> SafeString:
    if not found.curve:
        return SafeString("")
    half = next((have for people, have in found.curve if people >= 500), 1_000)
    label = gettext("The half of the people with the fewest places has %(share)s%% of them.")
    return lorenz(found.curve, label=label % {"share": half // 10})
