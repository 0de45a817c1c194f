"""What managers type of waves and quotas, and site leaders of what they counted."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.attendance.outcomes.domain import AMOUNT_MAX, DOSES, PERSON_TIMES, TESTS
from xinshi.campaigns.domain import NewWave
from xinshi.kernel import clock
from xinshi.organizations.models import Organization


class WaveForm(forms.Form):
    """From when a campaign is open to whom."""

    organization = forms.ChoiceField(label=_("For whom"), required=False)
    day = forms.DateField(
        label=_("Opens on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), initial=clock.today
    )
    time = forms.TimeField(
        label=_("At"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial=time(9, 0)
    )
    places = forms.IntegerField(
        label=_("Places at most"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("People of this organisation who may have a place. Empty: as many as there are."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Organization.objects.filter(is_active=True).exclude(kind=Organization.Kind.HOSPITAL)
        field = self.fields["organization"]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        named = rows.order_by("kind", "name").values_list("pk", "name")
        field.choices = [("", _("Everybody")), *((str(pk), name) for pk, name in named)]

    def wave(self) -> NewWave:
        data = self.cleaned_data
        return NewWave(
            opens_at=clock.at_local(data["day"], data["time"]),
            organization_id=int(data["organization"]) if data["organization"] else None,
            places=data["places"],
        )


class CountForm(forms.Form):
    """The whole of the day so far; what is left empty stays as it is."""

    doses = forms.IntegerField(label=_("Vaccine doses"), required=False, min_value=0, max_value=AMOUNT_MAX)
    tests = forms.IntegerField(label=_("Tests"), required=False, min_value=0, max_value=AMOUNT_MAX)
    people = forms.IntegerField(label=_("People served"), required=False, min_value=0, max_value=AMOUNT_MAX)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["inputmode"] = "numeric"

    def amounts(self) -> dict[str, int]:
        names = {"doses": DOSES, "tests": TESTS, "people": PERSON_TIMES}
        data = self.cleaned_data
        return {code: data[name] for name, code in names.items() if data[name] is not None}


def count_initial(known: dict[str, int]) -> dict[str, int | None]:
    return {"doses": known.get(DOSES), "tests": known.get(TESTS), "people": known.get(PERSON_TIMES)}
