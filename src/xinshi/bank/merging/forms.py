"""What is typed about people who are registered twice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.bank.merging.queries import Pair


class ChoosePairForm(forms.Form):
    """Two passbooks by their numbers, where nothing else shows that they are one person's."""

    number = forms.CharField(
        label=_("Passbook number"), max_length=16, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    other_number = forms.CharField(
        label=_("The other passbook number"), max_length=16, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )


class ProposeForm(forms.Form):
    stays = forms.TypedChoiceField(label=_("Which record stays"), coerce=int, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("How you know that it is one person"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any, *, pair: Pair, labels: tuple[str, str]) -> None:
        super().__init__(data)
        field = self.fields["stays"]
        assert isinstance(field, forms.TypedChoiceField), "one of two is chosen"
        field.choices = [(pair.first.pk, labels[0]), (pair.second.pk, labels[1])]


class DismissForm(forms.Form):
    reason = forms.CharField(label=_("How you know that they are two people"), max_length=300)


class RefuseMergeForm(forms.Form):
    reason = forms.CharField(label=_("Why they must not be merged"), max_length=300)
