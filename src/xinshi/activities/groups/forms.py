"""What is typed about groups."""

from __future__ import annotations

import re
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.activities.groups.domain import GROUP_MAX, NAME_LENGTH_MAX

NUMBERS_LENGTH_MAX: Final = 8_000
NUMBER_LENGTH_MAX: Final = 32


class NumbersField(forms.CharField):
    """Volunteer numbers, one a line or with signs between them: a list without doubles."""

    widget = forms.Textarea(attrs={"rows": 4, "inputmode": "numeric"})

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]  # a list of what was typed
        typed = super().to_python(value)
        found = [number[:NUMBER_LENGTH_MAX] for number in re.split(r"[\s,;，；、]+", typed or "") if number]
        if len(found) > GROUP_MAX:
            raise forms.ValidationError(_("At most 200 numbers at once."))
        return list(dict.fromkeys(found))

    def validate(self, value: object) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: object) -> None:
        """The length was limited before the numbers were taken apart."""


class GroupForm(forms.Form):
    name = forms.CharField(label=_("Name of the group"), max_length=NAME_LENGTH_MAX)
    numbers = NumbersField(
        label=_("Volunteer numbers"),
        required=False,
        help_text=_("One a line. Members of a team that you lead have the place at once; others are asked first."),
    )
    hold = forms.IntegerField(
        label=_("Places to hold without names"),
        required=False,
        min_value=0,
        max_value=GROUP_MAX,
        help_text=_("You name the people later; until then the places are held."),
    )


class NamesForm(forms.Form):
    numbers = NumbersField(label=_("Volunteer numbers"), help_text=_("One a line."))
