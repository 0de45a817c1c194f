"""What volunteers choose and clerks type."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.benefits.domain import (
    BENEFICIARY_LENGTH_MAX,
    KEY_LENGTH_MAX,
    PIECES_MAX,
    REASON_LENGTH_MAX,
    TYPED_CODE_LENGTH_MAX,
    Relation,
    Relative,
)
from xinshi.benefits.models import Voucher


def new_key() -> str:
    """What makes one shown form reserve once, however often it is sent."""
    return uuid.uuid4().hex


class RelativeForm(forms.Form):
    """For whom it is: oneself where no relation is chosen."""

    relation = forms.ChoiceField(
        label=_("Who uses it"),
        required=False,
        choices=[("", _("For myself")), *Voucher.RelationChoice.choices],
    )
    relative_name = forms.CharField(
        label=_("Name of the relative"),
        required=False,
        max_length=BENEFICIARY_LENGTH_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    relative_digits = forms.CharField(
        label=_("Last signs of their identity number"),
        required=False,
        max_length=6,
        help_text=_("The last 4 to 6 signs, so that the desk knows them. They are kept sealed."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def relative(self) -> Relative | None:
        data = self.cleaned_data
        if not data["relation"]:
            return None
        return Relative(relation=Relation(data["relation"]), name=data["relative_name"], digits=data["relative_digits"])


class ReserveForm(RelativeForm):
    """The chosen day, where there are days, how many, for whom, and the form's own key."""

    key = forms.CharField(max_length=KEY_LENGTH_MAX, widget=forms.HiddenInput)
    slot = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    pieces = forms.IntegerField(required=False, min_value=1, max_value=PIECES_MAX)


class WaitForm(forms.Form):
    slot = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Short code"),
        max_length=TYPED_CODE_LENGTH_MAX,
        help_text=_("Type the ten signs under the QR code, or scan the QR code with a hand scanner."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "enterkeyhint": "go",
                "accesskey": "c",
            }
        ),
    )

    def __init__(self, *args: Any, is_ready: bool, **kwargs: Any) -> None:
        """`is_ready` puts the cursor into the field; beside a yes it is the button that waits for Enter."""
        super().__init__(*args, **kwargs)
        if is_ready:
            self.fields["code"].widget.attrs["autofocus"] = True


class CancelForm(forms.Form):
    """A clerk's or a manager's reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The volunteer will read it."),
    )
