"""What is typed and handed in at the station: one person, or a roster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.documents.sheets import FILE_BYTES_MAX
from xinshi.kernel.actor import Actor
from xinshi.organizations.queries import organizations
from xinshi.people.actions import NewPerson
from xinshi.people.basic_data import RESIDENT_ID
from xinshi.people.forms import IntakePersonForm

SPREADSHEETS: Final = ".xlsx,.xls,.ods,.csv"


class RosterForm(forms.Form):
    file = forms.FileField(
        label=_("Roster"),
        max_length=200,
        help_text=_("A spreadsheet (xlsx, xls, ods or csv) of at most 20 MB, one row per person."),
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


class OpenAccountForm(IntakePersonForm):
    """Basic data of somebody new, where they belong, and what they signed."""

    organization = forms.TypedChoiceField(label=_("Department or organisation"), required=False, coerce=int)
    has_consented = forms.BooleanField(
        label=_("I have seen the person's document, and they have signed the consent to volunteer service.")
    )
    is_public = forms.BooleanField(label=_("They agree to be named in public."), required=False)
    gives_sign_in = forms.BooleanField(
        label=_("They get a sign-in with a one-time password on a printed slip; no phone is needed."), required=False
    )

    field_order: Sequence[str] = (
        *IntakePersonForm.field_order[:9],
        "organization",
        *IntakePersonForm.field_order[9:],
    )

    def __init__(self, *args: object, actor: Actor, **kwargs: object) -> None:
        kwargs.setdefault("initial", {"id_kind": RESIDENT_ID})
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        rows = organizations(actor).filter(is_active=True).values_list("id", "name")
        field = self.fields["organization"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", "—"), *rows]
        field.empty_value = None

    def new_person(self) -> NewPerson:
        """What the form says."""
        return self.person_as_typed(is_public=self.cleaned_data.get("is_public", False))
