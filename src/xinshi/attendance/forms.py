"""What leaders and coordinators type about presence."""

from __future__ import annotations

from datetime import datetime, time

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.activities.models import Shift
from xinshi.attendance.models import ServiceRecord
from xinshi.kernel import clock

TIME_WIDGET_FORMAT = "%H:%M"


def time_input() -> forms.TimeInput:
    return forms.TimeInput(format=TIME_WIDGET_FORMAT, attrs={"type": "time"})


def moment_on(shift: Shift, clock_time: time) -> datetime:
    """The moment when the hospital's clock showed `clock_time` on the day of the shift."""
    return clock.at_local(clock.local_day(shift.starts_at), clock_time)


class TimeForm(forms.Form):
    """An optional time of day on the day of the shift; empty means now."""

    at = forms.TimeField(label=_("Time (empty: now)"), required=False, widget=time_input())


class CorrectionForm(forms.Form):
    """Both times of a record and why they are corrected."""

    came = forms.TimeField(label=_("Came at"), widget=time_input())
    left = forms.TimeField(label=_("Left at"), widget=time_input())
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("The volunteer reads it, and it stays on record.")
    )

    @classmethod
    def showing(cls, record: ServiceRecord) -> CorrectionForm:
        """The record's times, the shift's end where the check-out was forgotten."""
        left = record.checked_out_at or record.shift.ends_at
        return cls(initial={"came": _local_time(record.checked_in_at), "left": _local_time(left)})

    def times(self, shift: Shift) -> tuple[datetime, datetime]:
        return moment_on(shift, self.cleaned_data["came"]), moment_on(shift, self.cleaned_data["left"])


class EnterForm(forms.Form):
    """Presence that is known already, of one person, by their volunteer number."""

    volunteer_number = forms.CharField(
        label=_("Volunteer number"), max_length=32, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    came = forms.TimeField(label=_("Came at"), widget=time_input())
    left = forms.TimeField(label=_("Left at"), widget=time_input())
    reason = forms.CharField(
        label=_("Why it is entered afterwards"),
        max_length=300,
        help_text=_("It stays on record. Hours entered afterwards are honorary hours."),
    )

    @classmethod
    def showing(cls, shift: Shift) -> EnterForm:
        return cls(initial={"came": _local_time(shift.starts_at), "left": _local_time(shift.ends_at)})

    def times(self, shift: Shift) -> tuple[datetime, datetime]:
        return moment_on(shift, self.cleaned_data["came"]), moment_on(shift, self.cleaned_data["left"])


def _local_time(moment: datetime) -> time:
    return moment.astimezone(clock.HOSPITAL_ZONE).time().replace(second=0, microsecond=0)
