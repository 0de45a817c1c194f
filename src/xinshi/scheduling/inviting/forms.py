"""What planners type when they publish a version."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.kernel import clock


class PublishForm(forms.Form):
    """Until when people answer, and how long whoever is asked next may think."""

    day = forms.DateField(label=_("Answer until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(
        label=_("At"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), initial=time(18, 0)
    )
    refill_hours = forms.IntegerField(
        label=_("Hours for whoever is asked next"),
        min_value=1,
        max_value=168,
        initial=24,
        help_text=_("After a no, the next person may think so long; less where the shift is near."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].initial = clock.today() + timedelta(days=2)

    def answer_until(self) -> datetime:
        return clock.at_local(self.cleaned_data["day"], self.cleaned_data["time"])

    def refill_minutes(self) -> int:
        return int(self.cleaned_data["refill_hours"]) * 60
