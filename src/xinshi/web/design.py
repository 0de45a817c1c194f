"""Samples for the living style guide: every component with invented content."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.kernel import clock

TOKENS: Final = (
    "paper",
    "card",
    "sunk",
    "ink",
    "muted",
    "line",
    "brand",
    "brand-soft",
    "gold",
    "gold-soft",
    "seal",
    "cover",
    "good",
    "good-soft",
    "warn",
    "warn-soft",
    "bad",
    "bad-soft",
    "info",
    "info-soft",
)


class DesignForm(forms.Form):
    """One of every kind of field."""

    name = forms.CharField(label=_("Name"), max_length=40)
    hours = forms.DecimalField(label=_("Hours"), help_text=_("A number such as 2.5."), min_value=0)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    category = forms.ChoiceField(label=_("Service category"), choices=[("0004", _("Health")), ("0013", _("Rescue"))])
    reason = forms.CharField(label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(
        label=_("Kind of hours"),
        choices=[("verified", _("Verified hours")), ("honorary", _("Honorary hours"))],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(label=_("I have read the code of conduct"))


def design_context(form: DesignForm) -> dict[str, Any]:
    today = clock.today()
    return {
        "form": form,
        "tokens": TOKENS,
        "moment": datetime.combine(today, datetime.min.time(), clock.HOSPITAL_ZONE) + timedelta(hours=14, minutes=30),
        "rows": [(today - timedelta(days=7 * week), 150 + 30 * week, 66_600 - 200 * week) for week in range(4)],
        "levels": range(6),
        "icons": ("calendar-check", "gift", "book-open-text", "clipboard-check", "shield-check", "printer", "download"),
    }
