"""What members and who keeps an organisation type."""

from __future__ import annotations

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.documents.sheets import FILE_BYTES_MAX
from xinshi.organizations.wording import JOINING

SPREADSHEETS: Final = ".xlsx,.xls,.ods,.csv"


class ConsentForm(forms.Form):
    """Whether who keeps the organisation may see one; never ticked beforehand."""

    consents = forms.BooleanField(
        label=_("I agree that the keepers of this organisation see me by name"), required=False, help_text=JOINING
    )


class EnrolForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=64)
    number = forms.CharField(
        label=_("Volunteer number or identity number"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SheetForm(forms.Form):
    file = forms.FileField(
        label=_("Spreadsheet"),
        max_length=200,
        help_text=_("Names with volunteer numbers or identity numbers, at most 2,000 rows (xlsx, xls, ods or csv)."),
        widget=forms.ClearableFileInput(attrs={"accept": SPREADSHEETS}),
        error_messages={"empty": _("The file has no rows.")},
    )

    def clean_file(self) -> object:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > FILE_BYTES_MAX:
            raise forms.ValidationError(
                _("The file is too large to be read safely. Split it into smaller files."), code="file_too_large"
            )
        return uploaded


class MemberSearch(forms.Form):
    q = forms.CharField(label=_("Name or whole volunteer number"), required=False, max_length=64)
