"""What coordinators enter about benefits: every setting with plain help, days, statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.benefits.domain import (
    AGE_MAX,
    CANCEL_HOURS_MAX,
    DESCRIPTION_LENGTH_MAX,
    GROUPS,
    HANDOUT_LENGTH_MAX,
    LIMIT_MAX,
    NAME_LENGTH_MAX,
    NO_SHOWS_MAX,
    NOTE_LENGTH_MAX,
    OFFER_HOURS_MAX,
    PIECES_MAX,
    PLACE_LENGTH_MAX,
    PLACES_MAX,
    RULE_DAYS_MAX,
    SLOTS_AT_ONCE_MAX,
    STARS_MAX,
    STOCK_MAX,
    VALID_DAYS_MAX,
    NewBenefit,
    NewSlot,
    Period,
    Supply,
)
from xinshi.benefits.models import Benefit
from xinshi.benefits.queries import possible_providers
from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import hours_figure, minutes_from_hours
from xinshi.organizations.models import Organization
from xinshi.people.wording import GROUPS as GROUP_LABELS

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


def _whole(label: Any, help_text: Any = "", *, least: int = 0, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=most, help_text=help_text)


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=picker, help_text=help_text)


def _hours(label: Any, help_text: Any = "", *, required: bool = False) -> forms.CharField:
    field = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.CharField(label=label, max_length=12, required=required, widget=field, help_text=help_text)


@dataclass(frozen=True)
class Section:
    """A part of a form with a heading, shown as a form of its own; `is_open` where there is something to see."""

    title: str
    fields: list[forms.BoundField]
    is_open: bool

    def hidden_fields(self) -> list[forms.BoundField]:
        return []

    def visible_fields(self) -> list[forms.BoundField]:
        return self.fields


class BenefitForm(forms.Form):
    """Every setting of a benefit; what is left empty has its plain default."""

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
    handout = forms.CharField(
        label=_("What the desk hands over"),
        required=False,
        max_length=HANDOUT_LENGTH_MAX,
        help_text=_("The clerk reads this under the big yes, for example: one meal ticket."),
    )
    provider = forms.TypedChoiceField(
        label=_("Department that provides it"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("What it gives is counted for its monthly statement."),
    )
    price = _hours(_("Price in hours"), required=True)
    supply = forms.ChoiceField(label=_("How it runs out"), choices=Benefit.SupplyChoice.choices)
    stock = _whole(_("Stock"), _("How many there are in all. Only for a benefit that is counted."), most=STOCK_MAX)
    pieces_max = _whole(
        _("Pieces at once"),
        _("How many one voucher can be for; of days always one."),
        least=1,
        most=PIECES_MAX,
    )
    valid_days = _whole(
        _("Days a voucher is valid"),
        _("A voucher for a set day is valid on that day only."),
        least=1,
        most=VALID_DAYS_MAX,
    )
    offered_from = _day(_("Offered from"))
    offered_until = _day(_("Offered until"), _("Leave both empty where it is always offered."))
    is_active = forms.BooleanField(label=_("On offer"), required=False)
    stars_min = forms.TypedChoiceField(
        label=_("From how many stars"),
        coerce=int,
        choices=[(0, _("For everybody")), *((level, str(level)) for level in range(1, STARS_MAX + 1))],
    )
    age_min = _whole(_("From what age"), least=1, most=AGE_MAX)
    age_max = _whole(
        _("Up to what age"),
        _("Whoever has no date of birth on record is told to have it entered first."),
        least=1,
        most=AGE_MAX,
    )
    groups = forms.MultipleChoiceField(
        label=_("For which volunteers"),
        required=False,
        choices=[(group, GROUP_LABELS[group]) for group in GROUPS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick none where it is for everybody."),
    )
    for_relatives = forms.BooleanField(
        label=_("Relatives may use it"),
        required=False,
        help_text=_(
            "The volunteer names the relative; the desk sees the name and the last signs of the identity number."
        ),
    )
    limit_pieces = _whole(_("Limit per person"), _("At most so many for one person …"), least=1, most=LIMIT_MAX)
    limit_period = forms.ChoiceField(
        label=_("… in this period"), required=False, choices=[("", "–"), *Benefit.PeriodChoice.choices]
    )
    budget_hours = _hours(_("Budget in hours"), _("All vouchers of one period together; what is cancelled comes back."))
    budget_pieces = _whole(_("Budget in pieces"), most=STOCK_MAX)
    budget_period = forms.ChoiceField(
        label=_("Budget for which period"), required=False, choices=[("", "–"), *Benefit.PeriodChoice.choices[:3]]
    )
    cancel_hours = _whole(
        _("Cancelling: hours before"),
        _(
            "Until so many hours before the day or time begins (or the voucher runs out) volunteers cancel by themselves."
        ),
        most=CANCEL_HOURS_MAX,
    )
    offer_hours = _whole(
        _("Waiting list: hours to accept"),
        _("So long a place that became free is kept for the first who waits; then it goes to the next."),
        least=1,
        most=OFFER_HOURS_MAX,
    )
    no_show_keeps_minutes = forms.BooleanField(
        label=_("When somebody does not come, the hours stay used"),
        required=False,
        help_text=_("Otherwise they go back. Only for set days; it holds for vouchers reserved from now on."),
    )
    no_show_max = _whole(
        _("Pause after how many missed days"),
        _("Leave it empty for no pause. Only for set days; missed days of all benefits count."),
        least=1,
        most=NO_SHOWS_MAX,
    )
    no_show_days = _whole(_("Missed within how many days"), least=1, most=RULE_DAYS_MAX)
    no_show_pause_days = _whole(_("Days of the pause"), least=1, most=RULE_DAYS_MAX)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.fields["provider"]
        assert isinstance(provider, forms.TypedChoiceField)
        provider.choices = [("", "–"), *((row.pk, row.name) for row in possible_providers())]

    def clean_price(self) -> int:
        """Whole minutes."""
        return _minutes(self.cleaned_data["price"])

    def clean_budget_hours(self) -> int | None:
        """Whole minutes."""
        typed = self.cleaned_data["budget_hours"]
        return _minutes(typed) if typed else None

    def sections(self) -> list[Section]:
        """The form in parts; those after the second are folded away until something in them differs from its default."""
        return [
            Section(str(title), [self[name] for name in names], number < OPEN_SECTIONS or self._differs(names))
            for number, (title, names) in enumerate(SECTIONS)
        ]

    def _differs(self, names: tuple[str, ...]) -> bool:
        return any(
            self[name].errors or self[name].value() not in (DEFAULTS.get(name), None, "", [], False) for name in names
        )

    def benefit(self) -> NewBenefit:
        """The valid input as the actions take it; a stock is kept only where it counts."""
        data = self.cleaned_data
        supply = Supply(data["supply"])
        numbers: dict[str, Any] = {
            name: data[name] if data[name] is not None else default for name, default in DEFAULTS.items()
        }
        return NewBenefit(
            supply=supply,
            price_minutes=data["price"],
            stock=data["stock"] if supply is Supply.STOCK else None,
            provider_id=data["provider"],
            groups=tuple(group for group in GROUPS if group in data["groups"]),
            limit_period=Period(data["limit_period"]) if data["limit_period"] else None,
            budget_minutes=data["budget_hours"],
            budget_period=Period(data["budget_period"]) if data["budget_period"] else None,
            **{name: data[name] for name in AS_TYPED},
            **numbers,
        )


OPEN_SECTIONS: Final = 2
SECTIONS: Final = (
    (_("Name and place"), ("name", "kind", "provider", "description", "place", "handout")),
    (
        _("Price and supply"),
        ("price", "supply", "stock", "pieces_max", "valid_days", "offered_from", "offered_until", "is_active"),
    ),
    (_("For whom"), ("stars_min", "age_min", "age_max", "groups", "for_relatives")),
    (_("Limit and budget"), ("limit_pieces", "limit_period", "budget_hours", "budget_pieces", "budget_period")),
    (
        _("Cancelling, waiting, not coming"),
        ("cancel_hours", "offer_hours", "no_show_keeps_minutes", "no_show_max", "no_show_days", "no_show_pause_days"),
    ),
)
DEFAULTS: Final[dict[str, int]] = {
    "pieces_max": 1,
    "valid_days": 30,
    "cancel_hours": 0,
    "offer_hours": 24,
    "no_show_days": 180,
    "no_show_pause_days": 30,
}
AS_TYPED: Final = (
    "name",
    "kind",
    "description",
    "place",
    "handout",
    "is_active",
    "stars_min",
    "age_min",
    "age_max",
    "for_relatives",
    "offered_from",
    "offered_until",
    "limit_pieces",
    "budget_pieces",
    "no_show_keeps_minutes",
    "no_show_max",
)


def _minutes(typed: str) -> int:
    try:
        return minutes_from_hours(typed)
    except DomainError as refusal:
        raise ValidationError(refusal_text(refusal)) from None


def initial_of(benefit: Benefit) -> dict[str, object]:
    """A benefit as the form shows it."""
    names = (*AS_TYPED, *DEFAULTS, "supply", "stock", "limit_period", "budget_period")
    return {name: getattr(benefit, name) for name in names} | {
        "price": hours_figure(benefit.price_minutes),
        "provider": benefit.provider_id,
        "groups": benefit.groups.split(),
        "budget_hours": "" if benefit.budget_minutes is None else hours_figure(benefit.budget_minutes),
    }


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
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=NOTE_LENGTH_MAX,
        help_text=_("What is special about these days, for example the room or the part of the course."),
    )

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
        return [
            NewSlot(day=day, starts=data["starts"], places=data["places"], note=data["note"]) for day in self.days()
        ]


class PlacesForm(forms.Form):
    places = forms.IntegerField(label=_("Places"), min_value=0, max_value=PLACES_MAX)


class MonthForm(forms.Form):
    """A department and a month to draw a statement up for."""

    provider = forms.TypedChoiceField(label=_("Department"), coerce=int)
    month = forms.DateField(
        label=_("Month"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}),
    )

    def __init__(self, *args: Any, providers: list[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["provider"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(row.pk, row.name) for row in providers]
