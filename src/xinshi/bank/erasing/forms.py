"""What people type when somebody wants their data deleted."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AskErasureForm(forms.Form):
    is_understood = forms.BooleanField(
        label=_("I have read what goes and what stays. What is deleted is never brought back."),
        error_messages={"required": _("Read it and tick this first.")},
    )


class EnterErasureForm(forms.Form):
    note = forms.CharField(
        label=_("What was signed, and where the paper is kept"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RefuseErasureForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it cannot be done now"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The person reads it. Say what would help."),
    )
