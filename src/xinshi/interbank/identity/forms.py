"""What is typed at the pages of shared keys."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class BeginForm(forms.Form):
    sends_from = forms.DateField(
        label=_("Send under it from"),
        required=False,
        help_text=_("Agree on a day by which both sides have the key. Without one: at once."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class EnterForm(BeginForm):
    secret = forms.CharField(
        label=_("Key of the partner"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )
    check_code = forms.CharField(
        label=_("Check code"), max_length=12, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ("secret", "check_code", "sends_from")
