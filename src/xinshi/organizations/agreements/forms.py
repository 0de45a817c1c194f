"""What the station writes down of an agreement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.documents.evidence import FILE_BYTES_MAX, EvidenceTooLarge
from xinshi.doors.pages import refusal_text
from xinshi.organizations.agreements.actions import Terms
from xinshi.organizations.models import Agreement
from xinshi.organizations.wording import STANDINGS


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


class AgreementForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=100)
    covers = forms.CharField(label=_("What it covers"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    starts_on = day_field(_("In force from"))
    ends_on = day_field(_("Last day in force"))
    signed_on = day_field(_("Signed on"), required=False, help_text=_("Empty while it is not signed."))
    contact = forms.CharField(
        label=_("Contact of the partner"),
        required=False,
        max_length=200,
        help_text=_("Name and phone; kept sealed."),
    )

    def terms(self) -> Terms:
        typed = self.cleaned_data
        return Terms(
            title=typed["title"],
            covers=typed["covers"],
            starts_on=typed["starts_on"],
            ends_on=typed["ends_on"],
            signed_on=typed["signed_on"],
            contact=typed["contact"],
        )


def initial_from(row: Agreement) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AgreementForm.base_fields}


class AgreementFilter(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *STANDINGS.items()])


class SigningForm(forms.Form):
    signed_on = day_field(_("Signed on"))


class EndingForm(forms.Form):
    because = forms.CharField(label=_("Why it ends"), max_length=200)


class ContactForm(forms.Form):
    contact = forms.CharField(label=_("Contact of the partner"), required=False, max_length=200)


class ScanForm(forms.Form):
    file = forms.FileField(
        label=_("Scan of the signed agreement"),
        max_length=200,
        help_text=_("PDF or photo, at most 10 MB; kept sealed."),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,image/jpeg,image/png,image/webp"}),
    )

    def clean_file(self) -> Any:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > FILE_BYTES_MAX:
            raise forms.ValidationError(refusal_text(EvidenceTooLarge(megabytes=FILE_BYTES_MAX // (1024 * 1024))))
        return uploaded
