"""What coordinators type: a period with its rules and weights, and the wish for a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.activities.forms import category_choices
from xinshi.activities.queries import organizers
from xinshi.doors.pages import INTEGER_MAX
from xinshi.kernel import clock
from xinshi.scheduling.actions import NewPeriod
from xinshi.scheduling.domain import (
    CHANGES_MAX,
    NAME_LENGTH_MAX,
    NOTE_LENGTH_MAX,
    USUAL,
    VALUE_PARTS,
    PlanSettings,
    usual_changes,
)
from xinshi.scheduling.models import PlanningPeriod, PlanVersion
from xinshi.scheduling.queries.periods import activities_to_choose
from xinshi.scheduling.wording import SETTINGS

HOUR: Final = 60
IN_HOURS: Final = ("rest_minutes", "rest_after_hard_minutes", "hard_from_minutes")
PLAIN: Final = ("shifts_a_day_max", "same_day_gap_minutes", "travel_minutes", *VALUE_PARTS, "fairness", "teams")
TIME_LIMITS: Final = ((5, _("5 seconds")), (10, _("10 seconds")), (30, _("30 seconds")), (120, _("2 minutes")))


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _hours(name: str, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=SETTINGS[name], min_value=least, max_value=most, help_text=help_text)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together under a heading, folded away where nobody need look at them first."""

    heading: Any
    fields: Sequence[forms.BoundField]

    @property
    def hidden_fields(self) -> Sequence[forms.BoundField]:
        return ()

    @property
    def visible_fields(self) -> Sequence[forms.BoundField]:
        return self.fields

    @property
    def is_open(self) -> bool:
        return not self.heading or any(field.errors for field in self.fields)


class PeriodForm(forms.Form):
    """Days, whose shifts, and by what they are planned; the rules show what is usual."""

    name = forms.CharField(label=_("Name of the period"), max_length=NAME_LENGTH_MAX)
    first_day = forms.DateField(label=_("First day"), widget=_day())
    last_day = forms.DateField(
        label=_("Last day"), widget=_day(), help_text=_("In the same week, from Monday to Sunday.")
    )
    organizations = forms.MultipleChoiceField(
        label=_("Only shifts of these organisers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick nothing here and below for all shifts of the hospital."),
    )
    activities = forms.MultipleChoiceField(
        label=_("And of these activities"), required=False, widget=forms.CheckboxSelectMultiple
    )
    rest_minutes = _hours("rest_minutes", 0, 24, _("Hours between the last shift of a day and the first of another."))
    rest_after_hard_minutes = _hours("rest_after_hard_minutes", 0, 72, _("Hours."))
    hard_from_minutes = _hours(
        "hard_from_minutes", 1, 24, _("So many hours; dangerous shifts and those at night are hard too.")
    )
    shifts_a_day_max = forms.IntegerField(label=SETTINGS["shifts_a_day_max"], min_value=1, max_value=4)
    same_day_gap_minutes = forms.IntegerField(
        label=SETTINGS["same_day_gap_minutes"], min_value=0, max_value=480, help_text=_("Minutes.")
    )
    travel_minutes = forms.IntegerField(
        label=SETTINGS["travel_minutes"], min_value=0, max_value=480, help_text=_("Minutes.")
    )
    skill = forms.IntegerField(
        label=SETTINGS["skill"],
        min_value=0,
        max_value=100,
        help_text=_("The five kinds of points are together at most 100."),
    )
    interest = forms.IntegerField(label=SETTINGS["interest"], min_value=0, max_value=100)
    profession = forms.IntegerField(label=SETTINGS["profession"], min_value=0, max_value=100)
    nearness = forms.IntegerField(label=SETTINGS["nearness"], min_value=0, max_value=100)
    wished_hour = forms.IntegerField(label=SETTINGS["wished_hour"], min_value=0, max_value=100)
    fairness = forms.IntegerField(
        label=SETTINGS["fairness"],
        min_value=0,
        max_value=300,
        help_text=_("100 is usual: who served little lately comes first. 0 switches it off."),
    )
    teams = forms.BooleanField(label=_("Bring people together who signed up as one group lately"), required=False)
    first_categories = forms.MultipleChoiceField(
        label=SETTINGS["first_categories"], required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, current: PlanningPeriod | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = initial_of(current) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        own = list(current.organizations.values_list("pk", "name")) if current else []
        _offer(self, "organizations", list(dict([*organizers(), *own]).items()))
        _offer(self, "activities", activities_to_choose(current))
        _offer(self, "first_categories", category_choices())

    def groups(self) -> list[Group]:
        """The fields as the page shows them: days first, the rest folded away."""
        parts: tuple[tuple[Any, tuple[str, ...]], ...] = (
            ("", ("name", "first_day", "last_day")),
            (_("Whose shifts"), ("organizations", "activities")),
            (_("Rules"), (*IN_HOURS, "shifts_a_day_max", "same_day_gap_minutes", "travel_minutes")),
            (_("Weights"), (*VALUE_PARTS, "fairness", "teams", "first_categories")),
        )
        return [Group(heading, [self[name] for name in names if name in self.fields]) for heading, names in parts]

    def period(self) -> NewPeriod:
        """The valid input as the actions take it."""
        data = self.cleaned_data
        return NewPeriod(
            name=data["name"],
            first_day=data["first_day"],
            last_day=data["last_day"],
            organization_ids=tuple(int(one) for one in data["organizations"]),
            activity_ids=tuple(int(one) for one in data["activities"]),
            settings=PlanSettings(
                first_categories=tuple(data["first_categories"]),
                **{name: data[name] * HOUR for name in IN_HOURS},
                **{name: data[name] for name in PLAIN},
            ),
        )


def _offer(form: forms.Form, name: str, choices: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.MultipleChoiceField), "only choices are offered"
    field.choices = choices
    if not field.choices:
        del form.fields[name]


def next_week() -> tuple[date, date]:
    today = clock.today()
    monday = today + timedelta(days=7 - today.weekday())
    return monday, monday + timedelta(days=6)


def initial_of(period: PlanningPeriod | None) -> dict[str, Any]:
    """A period as the form shows it; next week by the usual rules where there is none."""
    settings = PlanSettings.from_stored(period.settings) if period else USUAL
    found: dict[str, Any] = {name: getattr(settings, name) // HOUR for name in IN_HOURS}
    found |= {name: getattr(settings, name) for name in (*PLAIN, "first_categories")}
    if period is None:
        first, last = next_week()
        return found | {"first_day": first, "last_day": last}
    return found | {
        "name": period.name,
        "first_day": period.first_day,
        "last_day": period.last_day,
        "organizations": list(period.organizations.values_list("pk", flat=True)),
        "activities": list(period.activities.values_list("pk", flat=True)),
    }


class PlanForm(forms.Form):
    """A further version of a period."""

    parent = forms.ChoiceField(
        label=_("Start from"),
        required=False,
        help_text=_("What is fixed there stays, and the rest stays where nothing speaks against it."),
    )
    changes_max = forms.IntegerField(
        label=_("Changes at most"),
        required=False,
        min_value=0,
        max_value=CHANGES_MAX,
        help_text=_("So many of those who stand there may lose a shift. Empty: as many as make the plan better."),
    )
    note = forms.CharField(label=_("What is different this time"), max_length=NOTE_LENGTH_MAX, required=False)
    time_limit_seconds = forms.TypedChoiceField(
        label=_("Think for at most"), choices=TIME_LIMITS, coerce=int, initial=10
    )
    weighs_wishes = forms.BooleanField(
        label=_("Also find out what each rule and weight costs"),
        required=False,
        help_text=_("The week is planned once more without each of them, which takes some minutes at most."),
    )

    def __init__(self, *args: Any, versions: list[PlanVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parent"]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = [
            ("", _("Nothing: plan afresh")),
            *((one.pk, _("Version %(number)s") % {"number": one.number}) for one in versions),
        ]
        if not versions:
            del self.fields["parent"]
            del self.fields["changes_max"]


def start_of(versions: list[PlanVersion]) -> dict[str, Any]:
    """From which version a further one usually starts: the newest. Once people were told of it, little may change."""
    if not versions:
        return {}
    newest = versions[0]
    was_told = newest.state in (PlanVersion.State.PUBLISHED, PlanVersion.State.REPLACED)
    return {"parent": newest.pk, "changes_max": usual_changes(newest.filled) if was_told else None}


class AddForm(forms.Form):
    """Whom to put into a shift."""

    person = forms.IntegerField(min_value=1, max_value=INTEGER_MAX)
    instead_of = forms.IntegerField(min_value=1, max_value=INTEGER_MAX, required=False)
    """The assignment that they give up for it."""
