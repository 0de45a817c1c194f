"""What coordinators type about programmes and own days."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities.forms import category_choices
from xinshi.activities.models import Programme
from xinshi.activities.programmes.actions import LEAP_YEAR, NewProgramme
from xinshi.doors.wording import is_chinese
from xinshi.kernel.codes import SERVED_GROUPS


def served_choices() -> list[tuple[str, str]]:
    return [(code, chinese if is_chinese() else english) for code, english, chinese in SERVED_GROUPS]


class ProgrammeForm(forms.Form):
    name = forms.CharField(label=_("Name of the programme"), max_length=60)
    theme = forms.CharField(label=_("Theme"), required=False, max_length=120)
    category = forms.ChoiceField(
        label=_("Service category"), required=False, choices=lambda: [("", "–"), *category_choices()]
    )
    served_groups = forms.MultipleChoiceField(
        label=_("For whom"), required=False, choices=served_choices, widget=forms.CheckboxSelectMultiple
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    starts_on = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    ends_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", gettext("The last day is before the first."))
        return data

    def programme(self) -> NewProgramme:
        data = self.cleaned_data
        return NewProgramme(**{**data, "served_groups": tuple(data["served_groups"])})

    @classmethod
    def initial_of(cls, row: Programme) -> dict[str, object]:
        values: dict[str, object] = {name: getattr(row, name) for name in cls.base_fields}
        return values | {"served_groups": row.served_groups.split()}


class OwnDayForm(forms.Form):
    name = forms.CharField(label=_("Name of the day"), max_length=40)
    name_en = forms.CharField(label=_("English name"), required=False, max_length=60)
    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Of any year: it comes back every year."),
    )

    def month_and_day(self) -> tuple[int, int]:
        day = self.cleaned_data["day"].replace(year=LEAP_YEAR)
        return day.month, day.day
