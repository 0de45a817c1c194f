"""What people type about hours between banks."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from xinshi.doors.pages import refusal_text
from xinshi.interbank.moving.domain import FORM_KEY_LENGTH_MAX, REASON_LENGTH_MAX
from xinshi.interbank.moving.models import KINDS
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import minutes_from_hours


def new_form_key() -> str:
    """What makes one shown form move hours once, however often it is sent."""
    return uuid.uuid4().hex


class MoveForm(forms.Form):
    """How many hours of which kind go to, or come from, one bank; `kinds` are those that the contract counts."""

    hours = forms.CharField(
        label=_("Hours"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("A number such as 2.5."),
    )
    kind = forms.ChoiceField(label=_("Kind of hours"))
    key = forms.CharField(max_length=FORM_KEY_LENGTH_MAX, widget=forms.HiddenInput, initial=new_form_key)

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, label) for code, label in KINDS if code in kinds]
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField), "a kind is chosen"
        field.choices = choices
        if len(choices) == 1:
            field.widget, field.initial = forms.HiddenInput(), choices[0][0]

    def clean_hours(self) -> int:
        try:
            return minutes_from_hours(self.cleaned_data["hours"])
        except DomainError as refusal:
            raise ValidationError(refusal_text(refusal)) from None


class NewKeyForm(forms.Form):
    """The name of the next key, and from when on it signs."""

    key_id = forms.CharField(
        label=_("Name of the key"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Small letters, digits, dots and hyphens, such as 2026-11. It is never used twice."),
    )
    signs_in_days = forms.IntegerField(
        label=_("Signs in how many days"),
        min_value=0,
        max_value=366,
        initial=14,
        help_text=_("Long enough for every partner to confirm it. 0 only if the present key became known to somebody."),
    )


class DecisionForm(forms.Form):
    """How an unknown transfer ended, and how one knows."""

    outcome = forms.ChoiceField(
        label=_("What became of it"),
        choices=[("rejected", _("It did not arrive there: give the hours back")), ("confirmed", _("It arrived there"))],
    )
    reason = forms.CharField(
        label=_("How do you know?"),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whom you asked, when, and what they said."),
    )
