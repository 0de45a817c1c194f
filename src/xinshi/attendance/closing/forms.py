"""The settings of presence as coordinators type them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.attendance.closing.domain import Settings

CLOSES = [
    ("shift_end", _("At the end of the shift")),
    ("last_seen", _("When the person was seen last; without another scan the check-in is taken back")),
]


class SettingsForm(forms.Form):
    """How early, how long, how late."""

    early_minutes = forms.IntegerField(
        label=_("People may check in this many minutes before a shift"), min_value=0, max_value=240
    )
    grace_minutes = forms.IntegerField(
        label=_("A forgotten check-out is closed this many minutes after the shift"), min_value=0, max_value=720
    )
    closes = forms.ChoiceField(
        label=_("It is closed"),
        choices=CLOSES,
        widget=forms.RadioSelect,
        help_text=_("Never beyond the shift. The hours are honorary until the person in charge vouches for them."),
    )
    offline_hours = forms.IntegerField(
        label=_("Scans made without a network are taken for this many hours"), min_value=0, max_value=168
    )

    @classmethod
    def showing(cls, settings: Settings) -> SettingsForm:
        return cls(initial={name: getattr(settings, name) for name in cls.base_fields})

    def settings(self) -> Settings:
        return Settings(**self.cleaned_data)
