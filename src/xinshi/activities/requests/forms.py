"""What a department types to ask for volunteers: two minutes on a phone."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities.domain import FIRST_DAY, LAST_DAY, PLACES_MAX
from xinshi.activities.forms import NOT_CHOSEN, category_choices
from xinshi.activities.queries import qualification_choices
from xinshi.activities.requests.domain import NewServiceRequest
from xinshi.kernel import clock

HEALTH = "0004"


class RequestForm(forms.Form):
    key = forms.RegexField(r"^[\w-]{8,40}$", widget=forms.HiddenInput)
    department = forms.ChoiceField(label=_("Department"))
    title = forms.CharField(label=_("What volunteers would do"), max_length=80)
    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )
    starts = forms.TimeField(label=_("Begins"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    ends = forms.TimeField(label=_("Ends"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    people_number = forms.IntegerField(
        label=_("How many people"),
        min_value=1,
        max_value=PLACES_MAX,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    place = forms.CharField(label=_("Place"), max_length=120)
    contact = forms.CharField(
        label=_("Contact"), max_length=100, help_text=_("Name and telephone; only coordinators see it.")
    )
    qualifications = forms.MultipleChoiceField(
        label=_("Qualifications needed"), required=False, widget=forms.CheckboxSelectMultiple
    )
    description = forms.CharField(
        label=_("What else matters"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    category = forms.ChoiceField(label=_("Service category"), choices=category_choices)

    def __init__(self, data: Any = None, *, departments: list[tuple[int, str]]) -> None:
        super().__init__(data, initial={"key": secrets.token_urlsafe(16), "category": HEALTH})
        choices = [(str(pk), name) for pk, name in departments]
        self._offer("department", choices if len(choices) == 1 else [NOT_CHOSEN, *choices])
        self._offer("qualifications", qualification_choices())
        if not qualification_choices():
            del self.fields["qualifications"]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts, ends = data.get("starts"), data.get("ends")
        if starts is not None and ends is not None and ends <= starts:
            self.add_error("ends", gettext("A shift ends after it begins."))
        return data

    def request(self) -> NewServiceRequest:
        data = self.cleaned_data
        return NewServiceRequest(
            department_id=int(data["department"]),
            title=data["title"],
            category=data["category"],
            place=data["place"],
            starts_at=clock.at_local(data["day"], data["starts"]),
            ends_at=clock.at_local(data["day"], data["ends"]),
            people_number=data["people_number"],
            key=data["key"],
            qualifications=tuple(data.get("qualifications", ())),
            description=data["description"],
            contact=data["contact"],
        )


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The department will read it."),
    )
