"""What is typed where no camera is used."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

DIGIT_ATTRS = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "7"}


class DigitsForm(forms.Form):
    """The six digits beside the code at the place."""

    digits = forms.CharField(
        label=_("Six digits on the screen"), max_length=7, widget=forms.TextInput(attrs=DIGIT_ATTRS)
    )


class OwnCodeForm(forms.Form):
    """Somebody's own code, scanned, or its six digits typed."""

    code = forms.CharField(
        label=_("The volunteer's code"),
        max_length=200,
        help_text=_("Scan it with the camera, or type the six digits below it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
