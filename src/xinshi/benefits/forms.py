"""What volunteers choose, clerks type, and coordinators enter about benefits."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.benefits.domain import (
    DESCRIPTION_LENGTH_MAX,
    KEY_LENGTH_MAX,
    NAME_LENGTH_MAX,
    PLACE_LENGTH_MAX,
    PLACES_MAX,
    REASON_LENGTH_MAX,
    SLOTS_AT_ONCE_MAX,
    STARS_MAX,
    STOCK_MAX,
    TYPED_CODE_LENGTH_MAX,
    VALID_DAYS_MAX,
    NewBenefit,
    NewSlot,
    Supply,
)
from xinshi.benefits.models import Benefit
from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import hours_figure, minutes_from_hours

DAY_SPAN_MAX: Final = 800
WEEKDAYS: Final = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)


def new_key() -> str:
    """What makes one shown form reserve once, however often it is sent."""
    return uuid.uuid4().hex


class ReserveForm(forms.Form):
    """The chosen day, where there are days, and the form's own key."""

    key = forms.CharField(max_length=KEY_LENGTH_MAX, widget=forms.HiddenInput)
    slot = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Short code"),
        max_length=TYPED_CODE_LENGTH_MAX,
        help_text=_("Type the ten signs under the QR code, or scan the QR code with a hand scanner."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, is_ready: bool, **kwargs: Any) -> None:
        """`is_ready` puts the cursor into the field; beside a verdict it would scroll the verdict away."""
        super().__init__(*args, **kwargs)
        if is_ready:
            self.fields["code"].widget.attrs["autofocus"] = True


class CancelForm(forms.Form):
    """A clerk's reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The volunteer will read it."),
    )


class BenefitForm(forms.Form):
    name = forms.CharField(label=_("Name of the benefit"), max_length=NAME_LENGTH_MAX)
    kind = forms.ChoiceField(label=_("Kind"), choices=Benefit.Kind.choices)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=DESCRIPTION_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    place = forms.CharField(
        label=_("Place"), required=False, max_length=PLACE_LENGTH_MAX, help_text=_("Where the voucher is redeemed.")
    )
    price = forms.CharField(
        label=_("Price in hours"), max_length=12, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    stars_min = forms.TypedChoiceField(
        label=_("From how many stars"),
        coerce=int,
        choices=[(0, _("For everybody")), *((level, str(level)) for level in range(1, STARS_MAX + 1))],
    )
    supply = forms.ChoiceField(label=_("How it runs out"), choices=Benefit.SupplyChoice.choices)
    stock = forms.IntegerField(
        label=_("Stock"),
        required=False,
        min_value=0,
        max_value=STOCK_MAX,
        help_text=_("How many there are in all. Only for a benefit that is counted."),
    )
    valid_days = forms.IntegerField(
        label=_("Days a voucher is valid"),
        min_value=1,
        max_value=VALID_DAYS_MAX,
        help_text=_("A voucher for a set day is valid on that day only."),
    )
    is_active = forms.BooleanField(label=_("On offer"), required=False)

    def clean_price(self) -> int:
        """Whole minutes."""
        try:
            return minutes_from_hours(self.cleaned_data["price"])
        except DomainError as refusal:
            raise ValidationError(refusal_text(refusal)) from None

    def benefit(self) -> NewBenefit:
        """The valid input as the actions take it; a stock is kept only where it counts."""
        data = self.cleaned_data
        supply = Supply(data["supply"])
        return NewBenefit(
            name=data["name"],
            kind=data["kind"],
            description=data["description"],
            place=data["place"],
            price_minutes=data["price"],
            stars_min=data["stars_min"],
            supply=supply,
            stock=data["stock"] if supply is Supply.STOCK else None,
            valid_days=data["valid_days"],
            is_active=data["is_active"],
        )


def initial_of(benefit: Benefit) -> dict[str, object]:
    """A benefit as the form shows it."""
    names = ("name", "kind", "description", "place", "stars_min", "supply", "stock", "valid_days", "is_active")
    return {name: getattr(benefit, name) for name in names} | {"price": hours_figure(benefit.price_minutes)}


class SlotsForm(forms.Form):
    """One day, or the same places on many days."""

    first = forms.DateField(label=_("First day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    last = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Only on these weekdays"),
        required=False,
        coerce=int,
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    starts = forms.TimeField(
        label=_("At what time"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("Leave it empty where people may come at any time of the day."),
    )
    places = forms.IntegerField(label=_("Places per day"), min_value=1, max_value=PLACES_MAX)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and not 0 <= (last - first).days <= DAY_SPAN_MAX:
            self.add_error("last", gettext("Enter a last day after the first one, within two years."))
        elif first and not self.days():
            self.add_error("weekdays", gettext("None of these weekdays lies between the two days."))
        elif first and len(self.days()) > SLOTS_AT_ONCE_MAX:
            self.add_error("last", gettext("Enter at least one day, at most 400 at once."))
        return data

    def days(self) -> list[date]:
        data = self.cleaned_data
        first: date = data["first"]
        span = ((data.get("last") or first) - first).days
        wanted = set(data.get("weekdays") or range(7))
        last_possible = min(span, (date.max - first).days)
        days = [first + timedelta(days=number) for number in range(last_possible + 1)]
        return [day for day in days if day.weekday() in wanted]

    def slots(self) -> list[NewSlot]:
        data = self.cleaned_data
        return [NewSlot(day=day, starts=data["starts"], places=data["places"]) for day in self.days()]


class PlacesForm(forms.Form):
    places = forms.IntegerField(label=_("Places"), min_value=0, max_value=PLACES_MAX)
