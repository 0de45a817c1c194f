"""What coordinators type about waves and quotas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.activities.models import Wave
from xinshi.activities.queries.planning import organizers
from xinshi.activities.waves.domain import BELOW_SHIFTS_MAX, Audience, NewQuota, NewWave
from xinshi.kernel import clock

NOT_CHOSEN = ("", "–")
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def organisation_choices() -> list[tuple[str, str]]:
    return [NOT_CHOSEN, *((str(pk), name) for pk, name in organizers())]


class WaveForm(forms.Form):
    opens_at = forms.DateTimeField(label=_("Opens"), widget=MOMENT)
    audience = forms.ChoiceField(
        label=_("For whom"), choices=Wave.Audience.choices, initial=Wave.Audience.EVERYBODY.value
    )
    below_shifts = forms.IntegerField(
        label=_("Fewer shifts than"), required=False, min_value=1, max_value=BELOW_SHIFTS_MAX
    )
    organization = forms.ChoiceField(label=_("Organisation"), required=False, choices=organisation_choices)
    places = forms.IntegerField(
        label=_("Places of each shift"), required=False, min_value=1, help_text=_("Empty: all of them.")
    )

    def wave(self) -> NewWave:
        """The valid input; what does not belong to the audience is left out."""
        data = self.cleaned_data
        audience = Audience(data["audience"])
        return NewWave(
            opens_at=data["opens_at"],
            audience=audience,
            below_shifts=data["below_shifts"] if audience is Audience.SELDOM else None,
            organization_id=int(data["organization"])
            if audience is Audience.MEMBERS and data["organization"]
            else None,
            places=data["places"],
        )


class QuotaForm(forms.Form):
    organization = forms.ChoiceField(label=_("Organisation"), choices=organisation_choices)
    places = forms.IntegerField(label=_("Places of each shift"), min_value=0, max_value=5_000)
    kept_until = forms.DateTimeField(
        label=_("Kept until"), required=False, widget=MOMENT, help_text=_("Empty: a limit, and nothing is kept.")
    )

    def quota(self) -> NewQuota:
        data = self.cleaned_data
        return NewQuota(organization_id=int(data["organization"]), places=data["places"], kept_until=data["kept_until"])


WaveFormSet = forms.formset_factory(WaveForm, extra=2, max_num=12, validate_max=True, can_delete=True)
QuotaFormSet = forms.formset_factory(QuotaForm, extra=2, max_num=40, validate_max=True, can_delete=True)


def local_initial(moment: Any) -> str:
    return f"{moment.astimezone(clock.HOSPITAL_ZONE):%Y-%m-%dT%H:%M}" if moment else ""
