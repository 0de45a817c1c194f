"""What administrators type about the policy: every rule, in hours and plain words; an empty field means no such rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.bank.domain import STARS_MAX, THRESHOLD_MINUTES_MAX
from xinshi.bank.rules import (
    AGE_YEARS_MAX,
    ANSWER_DAYS_MAX,
    CAP_MINUTES_MAX,
    COEFFICIENTS_MAX,
    EXPIRY_MONTHS_MAX,
    NOTICE_DAYS_MAX,
    PERCENT_MAX,
    ROUNDING_UNITS_MINUTES,
    SKILL_LENGTH_MAX,
    Coefficient,
    GroupHours,
    Rounding,
    Rules,
)
from xinshi.kernel.codes import SERVICE_CATEGORIES
from xinshi.kernel.minutes import MINUTES_PER_HOUR, hours_decimal, minutes_from_hours
from xinshi.people.wording import category_label

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # What gettext_lazy gives, to the type checker only.

BLANK_ROWS: Final = 3
PARTS: Final = ("category", "skill", "value")
COEFFICIENT_FIELD: Final = re.compile(r"coefficient_(\d{1,2})_(?:category|skill|value)")
GRACE_DAYS_MIN: Final = 90
GRACE_DAYS_MAX: Final = 3_650
STAR_LABELS: Final = (
    _("Hours for one star"),
    _("Hours for two stars"),
    _("Hours for three stars"),
    _("Hours for four stars"),
    _("Hours for five stars"),
)
SHARE_LABELS: Final = (
    _("Verified hours for one star, %"),
    _("Verified hours for two stars, %"),
    _("Verified hours for three stars, %"),
    _("Verified hours for four stars, %"),
    _("Verified hours for five stars, %"),
)
GROUPS: Final[tuple[tuple[str | Promise, tuple[str, ...]], ...]] = (
    (_("Approval"), ("approval_levels", "presence_min_percent", "notice_days")),
    (_("Rounding"), ("rounding", "rounding_minutes")),
    (_("Caps"), ("day_cap", "activity_cap", "holding_cap")),
    (_("Expiry"), ("expiry_months", "expiry_grace_days")),
    (_("Stars"), tuple(f"star_{level}" for level in range(1, STARS_MAX + 1))),
    (_("Quality condition of the stars"), tuple(f"share_{level}" for level in range(1, STARS_MAX + 1))),
    (_("Who may have an account"), ("age_min_years", "guardian_below_years")),
    (_("Gifts, donations, groups"), ("gifts", "gift_year_cap", "donations", "group_hours")),
    (_("Corrections and appeals"), ("appeal_answer_days",)),
)


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Some fields under one legend; `form_fields` renders it as it renders a form."""

    legend: str | Promise
    visible_fields: list[forms.BoundField]
    hidden_fields: tuple[forms.BoundField, ...] = ()


@dataclass(frozen=True, slots=True)
class CoefficientRow:
    """`place` counts from one, as people do."""

    place: int
    fields: tuple[forms.BoundField, ...]


def _hours(
    label: str | _StrPromise, help_text: str | _StrPromise = "", *, minutes_max: int = CAP_MINUTES_MAX
) -> forms.Field:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal("0.1"),
        max_value=Decimal(minutes_max // MINUTES_PER_HOUR),
        max_digits=8,
        decimal_places=2,
    )


def _whole(label: str | _StrPromise, low: int, high: int, help_text: str | _StrPromise = "") -> forms.Field:
    return forms.IntegerField(label=label, help_text=help_text, required=False, min_value=low, max_value=high)


class PolicyForm(forms.Form):
    """A new version of the policy. A field left empty has the default: for a restriction, that there is none."""

    approval_levels = forms.TypedChoiceField(
        label=_("How many people approve a service record"),
        choices=[(1, _("One")), (2, _("Two different people"))],
        coerce=int,
        help_text=_("Two: the person in charge, then the station (昆明, 浙江大学, 武汉东亭)."),
    )
    presence_min_percent = _whole(
        _("Least presence for any hours, %"), 0, 100, _("Share of the scheduled time; 云南 asks for 60. Empty: none.")
    )
    notice_days = _whole(
        _("Days of public notice (公示)"),
        0,
        NOTICE_DAYS_MAX,
        _("So long hours are shown to everybody at the hospital before they can be spent; 招远 has 3. Empty: none."),
    )
    rounding = forms.ChoiceField(
        label=_("Rounding of credited hours"),
        required=False,
        choices=[
            (Rounding.DOWN.value, _("Down")),
            (Rounding.NEAREST.value, _("To the nearest unit")),
            (Rounding.UP.value, _("Up")),
        ],
        help_text=_("Certified hours are never rounded; only what can be spent is."),
    )
    rounding_minutes = forms.TypedChoiceField(
        label=_("Unit, minutes"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[(minutes, str(minutes)) for minutes in ROUNDING_UNITS_MINUTES],
    )
    day_cap = _hours(_("Most hours credited for one day"), _("Per person; 上海长宁 and 海林 have 2. Empty: no cap."))
    activity_cap = _hours(_("Most hours credited for one activity"), _("Per person, all its shifts. Empty: no cap."))
    holding_cap = _hours(
        _("Most hours one person may hold"),
        _("What goes beyond can only be donated; 南京 has 1500, 上海长宁 600. Empty: no cap."),
    )
    expiry_months = _whole(
        _("Months until hours run out"),
        1,
        EXPIRY_MONTHS_MAX,
        _("Counted from the day of service; people are told 90, 30 and 7 days before. Empty: they never do."),
    )
    expiry_grace_days = _whole(
        _("Days of grace"),
        GRACE_DAYS_MIN,
        GRACE_DAYS_MAX,
        _("No hours run out earlier than so many days after the rule took effect; at least 90."),
    )
    age_min_years = _whole(_("Least age, years"), 0, AGE_YEARS_MAX, _("Hospitals often have 16 or 18. Empty: none."))
    guardian_below_years = _whole(
        _("A guardian agrees below the age of"), 0, AGE_YEARS_MAX, _("Hospitals have 18. Empty: 18.")
    )
    gifts = forms.BooleanField(
        label=_("Hours may be given to registered relatives"), required=False, help_text=_("As in 北京 and 上海.")
    )
    gift_year_cap = _hours(_("Most hours one person may give in a year"), _("Empty: no cap."))
    donations = forms.BooleanField(
        label=_("Hours may be donated to the pool for those in need"),
        required=False,
        help_text=_("As in 北京, 上海 and at 幸福银行."),
    )
    group_hours = forms.ChoiceField(
        label=_("Hours that a group earned as a group"),
        required=False,
        choices=[
            (GroupHours.OFF.value, _("Are not kept")),
            (GroupHours.DONATE_ONLY.value, _("Are kept and can only be donated (南京)")),
        ],
    )
    appeal_answer_days = _whole(
        _("Working days until a request for correction is answered"),
        1,
        ANSWER_DAYS_MAX,
        _("Later it goes one level up. Empty: 10."),
    )
    note = forms.CharField(
        label=_("Why this version"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    effective_from = forms.DateField(
        label=_("Try it out for the day"),
        required=False,
        help_text=_("The day of effect that the dry run supposes. Empty: today."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, showing: Rules) -> None:
        super().__init__(data, initial=_initial(showing))
        for level in range(1, STARS_MAX + 1):
            self.fields[f"star_{level}"] = threshold = _hours(STAR_LABELS[level - 1], minutes_max=THRESHOLD_MINUTES_MAX)
            threshold.required = True
            self.fields[f"share_{level}"] = _whole(SHARE_LABELS[level - 1], 0, 100)
        for number in range(self._row_count(data, len(showing.coefficients))):
            self._add_row(number)

    def _row_count(self, data: Mapping[str, Any] | None, shown: int) -> int:
        """As many rows of coefficients as were sent, or as there are, and some blank ones."""
        sent = [int(found.group(1)) + 1 for name in data or () if (found := COEFFICIENT_FIELD.fullmatch(name))]
        return min(COEFFICIENTS_MAX, max(sent, default=shown + BLANK_ROWS))

    def _add_row(self, number: int) -> None:
        self.fields[f"coefficient_{number}_category"] = forms.ChoiceField(
            label=_("Service category"),
            required=False,
            choices=lambda: [
                ("", _("Every category")),
                *((code, category_label(code)) for code, *_rest in SERVICE_CATEGORIES),
            ],
        )
        self.fields[f"coefficient_{number}_skill"] = forms.CharField(
            label=_("Skill"), required=False, max_length=SKILL_LENGTH_MAX
        )
        self.fields[f"coefficient_{number}_value"] = forms.DecimalField(
            label=_("Coefficient"),
            required=False,
            min_value=Decimal("0.01"),
            max_value=Decimal(PERCENT_MAX) / 100,
            max_digits=4,
            decimal_places=2,
        )

    def clean(self) -> dict[str, Any]:
        """A row of coefficients is whole or empty, and none says the same as another."""
        cleaned = super().clean() or {}
        seen: set[tuple[str, str]] = set()
        for number in self._row_numbers():
            category, skill, value = self._row_values(number)
            if value is None and (category or skill):
                self.add_error(f"coefficient_{number}_value", _("Write what an hour is worth, such as 1.5."))
            elif value is not None and not (category or skill):
                self.add_error(f"coefficient_{number}_category", _("Choose a category, or write a skill."))
            elif value is not None and (category, skill) in seen:
                self.add_error(f"coefficient_{number}_category", _("Another row says something for the same."))
            seen.add((category, skill))
        return cleaned

    def _row_numbers(self) -> Iterator[int]:
        for name in self.fields:
            if name.startswith("coefficient_") and name.endswith("_value"):
                yield int(name.split("_")[1])

    def _row_values(self, number: int) -> tuple[str, str, Decimal | None]:
        values = [self.cleaned_data.get(f"coefficient_{number}_{part}") for part in PARTS]
        return values[0] or "", (values[1] or "").strip(), values[2]

    def coefficient_rows(self) -> list[CoefficientRow]:
        """The table of coefficients, blank rows included."""
        return [
            CoefficientRow(number + 1, tuple(self[f"coefficient_{number}_{part}"] for part in PARTS))
            for number in self._row_numbers()
        ]

    def groups(self) -> list[FieldGroup]:
        """Every rule under its legend, except the table of coefficients."""
        return [FieldGroup(legend, [self[name] for name in names]) for legend, names in GROUPS]

    def closing(self) -> FieldGroup:
        return FieldGroup(_("This version"), [self["note"], self["effective_from"]])

    def rules(self) -> Rules:
        """What was typed, as a value."""
        typed, default = self.cleaned_data, Rules()
        levels = range(1, STARS_MAX + 1)
        coefficients = []
        for number in self._row_numbers():
            category, skill, value = self._row_values(number)
            if value is not None:
                coefficients.append(Coefficient(percent=int(value * 100), category=category, skill=skill))
        return Rules(
            star_thresholds_minutes=tuple(minutes_from_hours(typed[f"star_{level}"]) for level in levels),
            star_verified_percent=tuple(typed[f"share_{level}"] or 0 for level in levels),
            approval_levels=typed["approval_levels"],
            coefficients=tuple(coefficients),
            rounding=Rounding(typed["rounding"] or default.rounding),
            rounding_minutes=typed["rounding_minutes"] or default.rounding_minutes,
            presence_min_percent=typed["presence_min_percent"] or 0,
            day_cap_minutes=_minutes(typed["day_cap"]),
            activity_cap_minutes=_minutes(typed["activity_cap"]),
            holding_cap_minutes=_minutes(typed["holding_cap"]),
            expiry_months=typed["expiry_months"],
            expiry_grace_days=typed["expiry_grace_days"] or default.expiry_grace_days,
            notice_days=typed["notice_days"] or 0,
            age_min_years=typed["age_min_years"] or 0,
            guardian_below_years=_or(typed["guardian_below_years"], default.guardian_below_years),
            gifts=typed["gifts"],
            gift_year_cap_minutes=_minutes(typed["gift_year_cap"]),
            donations=typed["donations"],
            group_hours=GroupHours(typed["group_hours"] or default.group_hours),
            appeal_answer_days=typed["appeal_answer_days"] or default.appeal_answer_days,
        )


def _or(typed: int | None, default: int) -> int:
    return default if typed is None else typed


def _minutes(hours: Decimal | None) -> int | None:
    return None if hours is None else minutes_from_hours(hours)


def _figure(minutes: int | None) -> str:
    return "" if minutes is None else f"{hours_decimal(minutes).normalize():f}"


def _initial(rules: Rules) -> dict[str, object]:
    """Rules as the form shows them, to be changed from there; what is off is empty."""
    found: dict[str, object] = {
        "approval_levels": rules.approval_levels,
        "presence_min_percent": rules.presence_min_percent or None,
        "notice_days": rules.notice_days or None,
        "rounding": rules.rounding.value,
        "rounding_minutes": rules.rounding_minutes,
        "day_cap": _figure(rules.day_cap_minutes),
        "activity_cap": _figure(rules.activity_cap_minutes),
        "holding_cap": _figure(rules.holding_cap_minutes),
        "expiry_months": rules.expiry_months,
        "expiry_grace_days": rules.expiry_grace_days,
        "age_min_years": rules.age_min_years or None,
        "guardian_below_years": rules.guardian_below_years,
        "gifts": rules.gifts,
        "gift_year_cap": _figure(rules.gift_year_cap_minutes),
        "donations": rules.donations,
        "group_hours": rules.group_hours.value,
        "appeal_answer_days": rules.appeal_answer_days,
    }
    for level in range(1, STARS_MAX + 1):
        found[f"star_{level}"] = _figure(rules.star_thresholds_minutes[level - 1])
        found[f"share_{level}"] = rules.star_verified_percent[level - 1] or None
    for number, row in enumerate(rules.coefficients):
        found[f"coefficient_{number}_category"] = row.category
        found[f"coefficient_{number}_skill"] = row.skill
        found[f"coefficient_{number}_value"] = f"{(Decimal(row.percent) / 100).normalize():f}"
    return found


class EnforceForm(forms.Form):
    effective_from = forms.DateField(
        label=_("In force from"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
