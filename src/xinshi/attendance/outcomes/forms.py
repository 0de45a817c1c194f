"""What leaders and coordinators type about outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.attendance.outcomes.domain import AMOUNT_MAX, REASON_LENGTH_MAX, NewFigure
from xinshi.attendance.outcomes.models import OutcomeMeasure
from xinshi.attendance.outcomes.wording import measure_name, measure_unit


class OutcomeForm(forms.Form):
    """One number per measure, empty where there is nothing to say; `more` are the measures that are seldom needed here."""

    def __init__(
        self,
        data: Any = None,
        *,
        measures: Sequence[OutcomeMeasure],
        amounts: Mapping[str, int],
        suggested: Sequence[str],
        shift_id: int | None,
    ) -> None:
        super().__init__(data)
        self.measures, self.amounts, self.shift_id = measures, amounts, shift_id
        self.first = [m.code for m in measures if m.code in suggested or m.code in amounts]
        for measure in measures:
            self.fields[f"measure_{measure.code}"] = forms.IntegerField(
                label=f"{measure_name(measure)} ({measure_unit(measure)})",
                required=False,
                min_value=0,
                max_value=AMOUNT_MAX,
                initial=amounts.get(measure.code),
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
        if amounts:
            self.fields["reason"] = forms.CharField(
                label=_("Why figures are corrected"),
                required=False,
                max_length=REASON_LENGTH_MAX,
                help_text=_("Needed where a figure that is on record changes. The older figure stays readable."),
            )

    @property
    def shown_first(self) -> list[forms.BoundField]:
        return [self[f"measure_{code}"] for code in self.first]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[f"measure_{m.code}"] for m in self.measures if m.code not in self.first]

    @property
    def reason_field(self) -> forms.BoundField | None:
        return self["reason"] if "reason" in self.fields else None

    def figures(self) -> list[NewFigure]:
        """What was typed; a field that was left empty says nothing."""
        typed = ((m.code, self.cleaned_data.get(f"measure_{m.code}")) for m in self.measures)
        return [NewFigure(code, amount, self.shift_id) for code, amount in typed if amount is not None]


class TotalsFilter(forms.Form):
    """Which outcomes are summed, and by what."""

    year = forms.ChoiceField(label=_("Year"), required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    by = forms.ChoiceField(
        label=_("Summed by"),
        required=False,
        choices=[
            ("", _("Measure alone")),
            ("programme", _("Programme")),
            ("category", _("Category")),
            ("year", _("Year")),
        ],
    )

    def __init__(self, data: Any, *, years: Sequence[int], categories: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["year"].choices = [("", _("All years")), *((str(y), str(y)) for y in years)]  # type: ignore[attr-defined]
        self.fields["category"].choices = [("", _("All categories")), *categories]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """Arguments of `queries.outcome_totals`; what is not in the lists is passed over."""
        found = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return {
            "year": int(found["year"]) if found.get("year") else None,
            "category": found.get("category", ""),
            "by": found.get("by", ""),
        }


class MeasureForm(forms.Form):
    code = forms.CharField(
        label=_("Code"), max_length=32, help_text=_("Small Latin letters, digits and underscores; it never changes.")
    )
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=60)
    unit_zh = forms.CharField(label=_("Unit in Chinese"), max_length=24)
    name_en = forms.CharField(label=_("Name in English"), max_length=60, required=False)
    unit_en = forms.CharField(label=_("Unit in English"), max_length=24, required=False)
