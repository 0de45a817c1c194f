"""Pages of the comparison with what came back from 志愿汇."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.doors.wording import day_text
from xinshi.exchange import queries as exchange
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.exchange.forms import ImportForm
from xinshi.exchange.models import HonoraryExport, ReturnedDifference
from xinshi.exchange.returning import queries
from xinshi.exchange.returning.actions import REASON_LENGTH_MAX, compare_returned, decide_differences
from xinshi.kernel.errors import NotFound

COMPARISONS_PER_PAGE: Final = 20
DIFFERENCES_PER_PAGE: Final = 100
EXPORTS_OFFERED_MAX: Final = 50


class ReturnedForm(ImportForm):
    """The file that 志愿汇 gave out, and with which of ours it is compared."""

    export = forms.TypedChoiceField(label=_("Compare with"), coerce=int, empty_value=None, required=False, choices=())

    def __init__(self, *args: object, exports: list[HonoraryExport], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.fields["file"].help_text = _(
            "The honorary hours as 志愿汇 exports them: xlsx, xls or csv of at most 20 MB."
        )
        self.fields["export"].choices = [  # type: ignore[attr-defined]  # a choice field has choices
            ("", _("Everything that was sent so far")),
            *((row.pk, f"{day_text(row.from_day)} – {day_text(row.to_day)}") for row in exports),
        ]


@page(READERS, methods=("GET", "POST"))
def comparisons(request: PageRequest) -> HttpResponse:
    """Comparisons so far; keepers upload what came back."""
    exports = list(exchange.exports(request.actor)[:EXPORTS_OFFERED_MAX])
    may_write = is_keeper(request.actor)
    form = ReturnedForm(*((request.POST, request.FILES) if request.method == "POST" else ()), exports=exports)
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        made = attempt(
            form,
            lambda: compare_returned(
                actor=request.actor,
                data=uploaded.read(),
                file_name=uploaded.name,
                export_id=form.cleaned_data["export"],
            ),
        )
        if made is not None:
            return redirect("exchange:comparison", made)
    shown = Paginator(queries.comparisons(request.actor), COMPARISONS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "exchange/returned.html", {"form": form, "page": shown, "may_write": may_write})


@page(READERS)
def comparison(request: PageRequest, returned_id: int) -> HttpResponse:
    """One comparison: what is matched, and person by person what differs."""
    found = queries.comparison(request.actor, returned_id)
    kind = request.GET.get("kind", "")
    kind = kind if kind in ReturnedDifference.Kind.values else ""
    rows = queries.differences(request.actor, returned_id, kind=kind)
    shown = Paginator(rows, DIFFERENCES_PER_PAGE).get_page(request.GET.get("page"))
    counts = {
        one: queries.differences(request.actor, returned_id, kind=one.value).count() for one in ReturnedDifference.Kind
    }
    context = {
        "comparison": found,
        "kind": kind,
        "query": f"kind={kind}" if kind else "",
        "counts": counts.items(),
        "page": shown,
        "differences": [(row, row.person_id is not None and row.person_id == request.actor.person_id) for row in shown],
        "decisions": [one for one in ReturnedDifference.Decision if one is not ReturnedDifference.Decision.REPLACED],
        "may_write": is_keeper(request.actor) and rows.filter(decision="").exists(),
        "reason_length_max": REASON_LENGTH_MAX,
    }
    return render(request, "exchange/comparison.html", context)


@page(KEEPERS, methods=("POST",))
def decide(request: PageRequest, returned_id: int) -> HttpResponse:
    """End the chosen differences."""
    typed = request.POST.getlist("difference")
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in typed):
        raise NotFound
    queries.comparison(request.actor, returned_id)
    if not typed:
        messages.error(request, gettext("Choose at least one row first."))
        return redirect("exchange:comparison", returned_id)
    number = decide_differences(
        actor=request.actor,
        difference_ids=[int(text) for text in typed],
        decision=request.POST.get("decision", ""),
        reason=request.POST.get("reason", "").replace("\0", ""),
    )
    messages.success(request, gettext("Differences decided: %(number)s.") % {"number": number})
    return redirect("exchange:comparison", returned_id)
