"""What newcomers, site leaders and the station type."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.campaigns.models import Campaign
from xinshi.kernel import clock
from xinshi.people.actions import NewPerson
from xinshi.people.basic_data import RESIDENT_ID
from xinshi.people.forms import NameField, SignsField, id_kind_choices


class StartForm(forms.Form):
    """First of all whether somebody may help, and their phone."""

    birth_date = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    phone = SignsField(
        label=_("Mobile phone"),
        max_length=20,
        help_text=_("A code is sent to it by text. It costs you nothing."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel-national"}),
    )


class WhoForm(forms.Form):
    """The code, and the least that a campaign must know."""

    code = SignsField(
        label=_("Six digits"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    name = NameField(label=_("Your name"), max_length=64, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    id_kind = forms.ChoiceField(label=_("Kind of document"), choices=id_kind_choices, initial=RESIDENT_ID)
    id_number = SignsField(
        label=_("Document number"), max_length=40, help_text=_("It is kept sealed and shown to nobody in full.")
    )
    has_consented = forms.BooleanField(
        label=_("I agree: the hospital keeps my name, my date of birth, my phone and my service records."),
        error_messages={"required": _("Without this consent no account can be opened.")},
    )

    def __init__(self, data: Any, *, campaign: Campaign) -> None:
        super().__init__(data)
        if not campaign.asks_identity:
            del self.fields["id_kind"]
            del self.fields["id_number"]


class PledgeForm(forms.Form):
    has_pledged = forms.BooleanField(
        label=_("I have read this and pledge to keep it."),
        error_messages={"required": _("Read the pledge and tick it: without it nobody serves.")},
    )


class StationForm(forms.Form):
    """Somebody at the station's counter, without a phone of their own perhaps."""

    name = NameField(label=_("Name as in the document"), max_length=64)
    id_kind = forms.ChoiceField(label=_("Kind of document"), choices=id_kind_choices, initial=RESIDENT_ID)
    id_number = SignsField(label=_("Document number"), max_length=40)
    birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Not needed with a resident identity card."),
    )
    phone = SignsField(
        label=_("Mobile phone"), required=False, max_length=20, help_text=_("May be left empty: nobody needs a phone.")
    )
    has_pledged = forms.BooleanField(
        label=_("The pledge was signed on paper, and the consent to keep the data"),
        error_messages={"required": _("Let them sign the pledge first.")},
    )
    was_taught = forms.BooleanField(label=_("The lesson was given at the counter"), required=False)
    shift = forms.TypedChoiceField(label=_("Place"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, shifts: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["shift"]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = [("", _("None yet")), *((str(pk), text) for pk, text in shifts)]

    def clean_birth_date(self) -> Any:
        born = self.cleaned_data["birth_date"]
        if born and born > clock.today():
            raise forms.ValidationError(_("Nobody can be born on this day. Write a day such as 1990-05-21."))
        return born

    def person(self) -> NewPerson:
        data = self.cleaned_data
        is_resident = data["id_kind"] == RESIDENT_ID
        return NewPerson(
            name=data["name"],
            id_kind=data["id_kind"],
            id_number=data["id_number"],
            birth_date=None if is_resident else data["birth_date"],
            phone=data["phone"],
        )


class NoteForm(forms.Form):
    """What one shift leaves to the next."""

    notes = forms.CharField(
        label=_("What the next shift must know"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    open_points = forms.CharField(
        label=_("Open points"), required=False, max_length=1_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    materials = forms.CharField(
        label=_("Materials: what is left, what runs out"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(data.get(name) for name in ("notes", "open_points", "materials")):
            raise forms.ValidationError(_("Write something for the next shift first."))
        return data
