"""What is typed about a partner. Hours are typed as people speak of them; their value is whole minutes."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from xinshi.doors.pages import refusal_text, sentence_of
from xinshi.exchange.models import Partner, PartnerContract
from xinshi.exchange.partners.domain import (
    ADDRESS_LENGTH_MAX,
    COEFFICIENT_PERCENT_MAX,
    NAME_LENGTH_MAX,
    REASON_LENGTH_MAX,
    TERMS_LENGTH_MAX,
    Limits,
    Terms,
    check_code,
)
from xinshi.exchange.partners.wording import KINDS
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid
from xinshi.kernel.minutes import hours_decimal, minutes_from_hours

DAY: Final = {"type": "date"}


class HoursField(forms.CharField):
    """Hours or nothing: nothing means that there is no such limit."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "max_length": 14,
            "required": False,
            "widget": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        }
        super().__init__(**(options | kwargs))

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return minutes_from_hours(text)
        except DomainError as refusal:
            raise ValidationError(refusal_text(refusal)) from None

    def prepare_value(self, value: Any) -> Any:
        return f"{hours_decimal(value).normalize():f}" if isinstance(value, int) else value


class LimitsForm(forms.Form):
    in_minutes_max = HoursField(
        label=_("Hours that they may owe us"),
        help_text=_("Earned there, redeemed here. Left empty, there is no limit."),
    )
    out_minutes_max = HoursField(
        label=_("Hours that we may owe them"),
        help_text=_("Earned here, redeemed there. Left empty, there is no limit."),
    )

    def limits(self) -> Limits:
        return Limits(self.cleaned_data["in_minutes_max"], self.cleaned_data["out_minutes_max"])


class AddressField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Address of its interface"),
            required=False,
            max_length=ADDRESS_LENGTH_MAX,
            help_text=_("Begins with https://. Left empty, only files are exchanged."),
            widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        )


class ChangeForm(forms.Form):
    name = forms.CharField(label=_("Name of the partner"), max_length=NAME_LENGTH_MAX)
    address = AddressField()


class RegisterForm(LimitsForm):
    code = forms.CharField(
        label=_("Code of the partner"),
        max_length=32,
        help_text=_("The code by which the other bank calls itself, such as city-central. It never changes."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=_("Name of the partner"), max_length=NAME_LENGTH_MAX)
    kind = forms.ChoiceField(label=_("Kind of partner"), choices=Partner.Kind.choices, initial=Partner.Kind.BANK)
    address = AddressField()
    field_order = ("code", "name", "kind", "address", "in_minutes_max", "out_minutes_max")

    def clean_code(self) -> str:
        """Refused together with the other fields' faults, so that nobody mends one after the other."""
        code: str = self.cleaned_data["code"]
        try:
            check_code(code)
        except Invalid as refusal:
            raise ValidationError(sentence_of(refusal)) from None
        return code


class ContractForm(forms.Form):
    starts_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    ends_on = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    may_come_in = forms.BooleanField(label=_("Earned there, redeemed here"), required=False, initial=True)
    hours_kinds_in = forms.MultipleChoiceField(
        label=_("Kinds of hours that may come in"),
        choices=list(KINDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    may_go_out = forms.BooleanField(label=_("Earned here, redeemed there"), required=False, initial=True)
    hours_kinds_out = forms.MultipleChoiceField(
        label=_("Kinds of hours that may go out"),
        choices=list(KINDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    coefficient_percent = forms.IntegerField(
        label=_("Coefficient in percent"),
        min_value=1,
        max_value=COEFFICIENT_PERCENT_MAX,
        initial=100,
        help_text=_("What 100 certified minutes from there are worth here. What was certified is never altered."),
    )
    transfer_minutes_max = HoursField(
        label=_("Most hours of one transfer"), help_text=_("Left empty, there is no limit.")
    )
    person_month_minutes_max = HoursField(
        label=_("Most hours of one person in a month"), help_text=_("Counted each way by itself.")
    )
    terms = forms.CharField(
        label=_("What else was agreed"),
        required=False,
        max_length=TERMS_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @classmethod
    def starting_from(cls, contract: PartnerContract | None) -> ContractForm:
        """A form that says what holds now, from today on."""
        initial: dict[str, Any] = {
            "starts_on": clock.today(),
            "hours_kinds_in": ["verified"],
            "hours_kinds_out": ["verified"],
        }
        if contract is not None:
            kept = set(cls.base_fields) - {"starts_on", "ends_on"}
            initial |= {name: getattr(contract, name) for name in kept}
        return cls(initial=initial)

    def agreed(self) -> Terms:
        values = self.cleaned_data
        kinds = {name: tuple(values[name]) for name in ("hours_kinds_in", "hours_kinds_out")}
        return Terms(**{**values, **kinds})


class KeyForm(forms.Form):
    key_id = forms.CharField(
        label=_("Name of the key"),
        max_length=32,
        help_text=_("As the partner calls it, such as 2026-11. A name is never used twice."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    public_key = forms.CharField(
        label=_("Public key (Ed25519)"),
        max_length=44,
        help_text=_("44 signs of base64. It is no secret; what matters is that it is really theirs."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
