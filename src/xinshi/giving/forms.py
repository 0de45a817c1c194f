"""What people type about relatives, gifts, donations, grants and hours of groups."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from xinshi.doors.pages import refusal_text
from xinshi.giving.domain import (
    EVIDENCE_LENGTH_MAX,
    KEY_LENGTH_MAX,
    NOTE_LENGTH_MAX,
    REASON_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    Relation,
    Source,
)
from xinshi.giving.models import Donation, Relative
from xinshi.giving.queries import OwnMeans, RelativeCard
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import minutes_from_hours

PASSBOOK_NUMBER_LENGTH_MAX: Final = 32
NAME_LENGTH_MAX: Final = 64


def new_key() -> str:
    """What makes one shown form act once, however often it is sent."""
    return uuid.uuid4().hex


class HoursField(forms.CharField):
    """Hours as people write them; its value is whole minutes."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Hours"),
            "max_length": 12,
            "widget": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            "help_text": _("A number such as 2.5."),
        }
        super().__init__(**(options | kwargs))

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return minutes_from_hours(text)
        except DomainError as refusal:
            raise ValidationError(refusal_text(refusal)) from None


class KeyedForm(forms.Form):
    """A form with a key of its own."""

    key = forms.CharField(max_length=KEY_LENGTH_MAX, widget=forms.HiddenInput, initial=new_key)


class PassbookNumberField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Passbook number"),
            "max_length": PASSBOOK_NUMBER_LENGTH_MAX,
            "widget": forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        }
        super().__init__(**(options | kwargs))


class RelativeForm(forms.Form):
    """Whom one asks to be registered as a relative."""

    passbook_number = PassbookNumberField(
        label=_("Passbook number of your relative"), help_text=_("It stands on the cover of their passbook.")
    )
    name = forms.CharField(label=_("Name of your relative"), max_length=NAME_LENGTH_MAX)
    relation = forms.ChoiceField(label=_("This person is my"), choices=Relative.RelationChoice.choices)

    def chosen(self) -> Relation:
        return Relation(self.cleaned_data["relation"])


class StationForm(forms.Form):
    """Two members who come to the station together."""

    passbook_number = PassbookNumberField(label=_("Passbook number of the first"))
    name = forms.CharField(label=_("Name of the first"), max_length=NAME_LENGTH_MAX)
    other_passbook_number = PassbookNumberField(label=_("Passbook number of the second"))
    other_name = forms.CharField(label=_("Name of the second"), max_length=NAME_LENGTH_MAX)
    relation = forms.ChoiceField(label=_("The second is of the first the"), choices=Relative.RelationChoice.choices)
    reason = forms.CharField(
        label=_("Why they are registered here"),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example which papers were shown. It is kept sealed."),
    )

    def chosen(self) -> Relation:
        return Relation(self.cleaned_data["relation"])


class GiftForm(KeyedForm):
    """To whom and how much; the relatives to choose from are the giver's own."""

    relative = forms.TypedChoiceField(label=_("To whom"), coerce=int)
    hours = HoursField()
    note = forms.CharField(
        label=_("A word with it"),
        required=False,
        max_length=NOTE_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only your relative reads it."),
    )

    def __init__(self, *args: Any, relatives: Sequence[RelativeCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["relative"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(card.id, f"{card.name} · {card.relation_label}") for card in relatives if card.is_accepted]


class DonationForm(KeyedForm):
    """How much, out of what, and whether the list may name the donor."""

    source = forms.ChoiceField(label=_("Out of"), widget=forms.RadioSelect)
    hours = HoursField()
    is_anonymous = forms.BooleanField(label=_("Do not name me for this donation"), required=False)

    def __init__(self, *args: Any, means: OwnMeans, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = [Source.BEYOND_CAP, Source.SPENDABLE] if means.donation_only_minutes else [Source.SPENDABLE]
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(source.value, Donation.SourceChoice(source.value).label) for source in sources]
        field.initial = sources[0].value
        if len(sources) == 1:
            field.widget = forms.HiddenInput()


class GrantForm(KeyedForm):
    """Whom the pool should help, with how much, and why."""

    passbook_number = PassbookNumberField(label=_("Passbook number of the person in need"))
    hours = HoursField()
    reason = forms.CharField(
        label=_("Why help is needed"),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("As little as the decision needs. It is kept sealed; only those who decide read it."),
    )


class GrantChangeForm(forms.Form):
    hours = HoursField()
    reason = forms.CharField(
        label=_("Why help is needed"), max_length=REASON_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )


class DecisionForm(forms.Form):
    """Why; a refusal and a return need it."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed to refuse or to send back."),
    )


class GroupHoursForm(KeyedForm):
    """What a group served as a group."""

    organization = forms.TypedChoiceField(label=_("Organisation"), coerce=int)
    title = forms.CharField(label=_("What the group did"), max_length=TITLE_LENGTH_MAX)
    worked_on = forms.DateField(
        label=_("Day of service"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    hours = HoursField(label=_("Hours of all together"))
    evidence = forms.CharField(
        label=_("Evidence"),
        max_length=EVIDENCE_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where it can be checked: the list, the photographs, who confirmed it."),
    )

    def __init__(self, *args: Any, organizations: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = organizations
        self.fields["worked_on"].widget.attrs["max"] = clock.today().isoformat()


class GroupDonationForm(KeyedForm):
    """What a group gives to the pool, by a coordinator on its behalf."""

    hours = HoursField()
    reason = forms.CharField(
        label=_("On whose decision"),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: decided by the team on 20 November, told by its leader."),
    )


class TakeBackForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=REASON_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 3}))
