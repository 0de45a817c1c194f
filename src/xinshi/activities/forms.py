"""What coordinators type about activities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities import queries
from xinshi.activities.domain import (
    FIRST_DAY,
    LAST_DAY,
    PLACES_MAX,
    SHIFTS_MAX,
    NewActivity,
    NewShift,
    Repeat,
    repeated,
)
from xinshi.activities.models import Activity, Shift
from xinshi.kernel import clock
from xinshi.kernel.codes import SERVICE_CATEGORIES, HoursKind
from xinshi.people.wording import category_label

NOT_CHOSEN = ("", "–")
"""Nothing is chosen until somebody does, so that no activity has the first category of the list by mistake."""


def category_choices() -> list[tuple[str, str]]:
    return [(code, category_label(code)) for code, _english, _chinese in SERVICE_CATEGORIES]


def _with(offered: list[tuple[int, str]], current: tuple[int, str]) -> list[tuple[int, str]]:
    return offered if any(pk == current[0] for pk, _name in offered) else [current, *offered]


def _choices(offered: list[tuple[int, str]]) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in offered]


class ActivityForm(forms.Form):
    """Everything of an activity but its shifts."""

    title = forms.CharField(label=_("Title"), max_length=80)
    programme = forms.ChoiceField(label=_("Programme"), required=False)
    category = forms.ChoiceField(label=_("Service category"), choices=lambda: [NOT_CHOSEN, *category_choices()])
    place = forms.CharField(label=_("Place"), max_length=120)
    organizer = forms.ChoiceField(label=_("Organiser"))
    person_in_charge = forms.ChoiceField(label=_("Person in charge"))
    hours_kind = forms.ChoiceField(
        label=_("Kind of hours"),
        choices=Activity.Hours.choices,
        help_text=_("Verified hours need a check-in and a check-out; honorary hours are entered afterwards."),
    )
    description = forms.CharField(
        label=_("What volunteers do"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    risks = forms.CharField(
        label=_("Risks that volunteers are told"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The law asks to tell possible risks when volunteers are recruited."),
    )

    def __init__(self, *args: Any, current: Activity | None = None, **kwargs: Any) -> None:
        """`current` is the activity being changed: what it has now can be kept, though it is not offered any more."""
        super().__init__(*args, **kwargs)
        programmes = [(row.pk, row.name) for row in queries.programmes()]
        organizers, leaders = queries.organizers(), queries.possible_leaders()
        if current is not None:
            organizers = _with(organizers, (current.organizer_id, current.organizer.name))
            leaders = _with(leaders, (current.person_in_charge_id, current.person_in_charge.name))
            if current.programme is not None:
                programmes = _with(programmes, (current.programme.pk, current.programme.name))
        self._offer("programme", [NOT_CHOSEN, *_choices(programmes)])
        self._offer("organizer", [NOT_CHOSEN, *_choices(organizers)])
        self._offer("person_in_charge", [NOT_CHOSEN, *_choices(leaders)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = choices

    def activity(self, shifts: tuple[NewShift, ...]) -> NewActivity:
        """The valid input as the actions take it."""
        data = self.cleaned_data
        return NewActivity(
            title=data["title"],
            category=data["category"],
            place=data["place"],
            organizer_id=int(data["organizer"]),
            person_in_charge_id=int(data["person_in_charge"]),
            programme_id=int(data["programme"]) if data["programme"] else None,
            description=data["description"],
            risks=data["risks"],
            hours_kind=HoursKind(data["hours_kind"]),
            shifts=shifts,
        )


class ShiftForm(forms.Form):
    """One shift on one day of the hospital."""

    shift_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )
    starts = forms.TimeField(label=_("Begins"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    ends = forms.TimeField(label=_("Ends"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=PLACES_MAX)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts, ends = data.get("starts"), data.get("ends")
        if starts is not None and ends is not None and ends <= starts:
            self.add_error("ends", gettext("A shift ends after it begins."))
        return data

    def shift(self) -> NewShift:
        data = self.cleaned_data
        return NewShift(
            starts_at=clock.at_local(data["day"], data["starts"]),
            ends_at=clock.at_local(data["day"], data["ends"]),
            places=data["places"],
            shift_id=data["shift_id"],
        )


if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[ShiftForm]
else:
    _FormSet = forms.BaseFormSet


class BaseShiftFormSet(_FormSet):
    def add_fields(self, form: ShiftForm, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove this shift")

    def shifts(self) -> tuple[NewShift, ...]:
        """The filled-in shifts that are not to be removed."""
        filled = [form for form in self.forms if form.has_changed() or form.initial]
        return tuple(form.shift() for form in filled if form.cleaned_data and not form.cleaned_data.get("DELETE"))


ShiftFormSet = cast(
    "type[BaseShiftFormSet]",
    forms.formset_factory(
        ShiftForm,
        formset=BaseShiftFormSet,
        extra=0,
        min_num=1,
        validate_min=True,
        max_num=SHIFTS_MAX,
        validate_max=True,
        absolute_max=SHIFTS_MAX + 1,
        can_delete=True,
    ),
)


class RepeatForm(forms.Form):
    """Whether the shifts typed are held again on later days."""

    repeat = forms.ChoiceField(
        label=_("Repeat these shifts"),
        required=False,
        choices=[
            ("", _("Do not repeat")),
            (Repeat.WEEKLY.value, _("Every week")),
            (Repeat.WORKING_DAYS.value, _("From Monday to Friday")),
            (Repeat.DAILY.value, _("Every day")),
        ],
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The last day of the repetition. An activity has at most 60 shifts."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("repeat") and not data.get("until") and "until" not in self.errors:
            self.add_error("until", gettext("Choose the last day."))
        return data

    def applied(self, shifts: tuple[NewShift, ...]) -> tuple[NewShift, ...]:
        """The shifts as often as wanted; Invalid where that is too many."""
        step = self.cleaned_data["repeat"]
        return repeated(shifts, step=Repeat(step), until=self.cleaned_data["until"]) if step else shifts


class OfferFilter(forms.Form):
    """What the list of shifts is narrowed to."""

    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    category = forms.ChoiceField(
        label=_("Service category"), required=False, choices=lambda: [("", _("All")), *category_choices()]
    )

    def chosen(self) -> tuple[date | None, str]:
        """(day, category); what was not readable narrows nothing."""
        self.is_valid()
        return self.cleaned_data.get("day"), self.cleaned_data.get("category", "")


class DeskFilterForm(forms.Form):
    """What the desk's table is narrowed to."""

    search = forms.CharField(
        label=_("Search"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    when = forms.ChoiceField(
        label=_("When"),
        required=False,
        choices=[("coming", _("Coming")), ("past", _("Past")), ("all", _("All"))],
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=lambda: [("", _("All")), *Activity.State.choices]
    )
    category = forms.ChoiceField(
        label=_("Service category"), required=False, choices=lambda: [("", _("All")), *category_choices()]
    )

    def wanted(self, *, page: int, only_led: bool = False) -> queries.DeskFilter:
        """The filter; what was not readable narrows nothing."""
        self.is_valid()
        data = self.cleaned_data
        return queries.DeskFilter(
            state=data.get("state", ""),
            when=data.get("when") or "coming",
            search=data.get("search", ""),
            category=data.get("category", ""),
            only_led=only_led,
            page=page,
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody who signed up will read it."),
    )


def initial_of(activity: Activity) -> dict[str, object]:
    """An activity as the form shows it."""
    return {
        "title": activity.title,
        "programme": str(activity.programme_id or ""),
        "category": activity.category,
        "place": activity.place,
        "organizer": str(activity.organizer_id),
        "person_in_charge": str(activity.person_in_charge_id),
        "hours_kind": activity.hours_kind,
        "description": activity.description,
        "risks": activity.risks,
    }


def initial_of_shift(shift: Shift) -> dict[str, object]:
    starts, ends = shift.starts_at.astimezone(clock.HOSPITAL_ZONE), shift.ends_at.astimezone(clock.HOSPITAL_ZONE)
    return {
        "shift_id": shift.pk,
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "places": shift.places,
    }


def with_one_more_shift(data: Mapping[str, str]) -> tuple[dict[str, object], list[dict[str, object]]]:
    """What was typed so far, unchecked, and its shifts with one more that repeats the last one's times."""
    typed = data.get("shift-TOTAL_FORMS", "1")
    number = min(int(typed), SHIFTS_MAX - 1) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 1
    names = ("shift_id", "day", "starts", "ends", "places")
    shifts: list[dict[str, object]] = [
        {name: data.get(f"shift-{index}-{name}", "") for name in names} for index in range(number)
    ]
    last = shifts[-1] if shifts else {}
    shifts.append({**last, "shift_id": ""})
    fields = (*ActivityForm.base_fields, *RepeatForm.base_fields)
    return {name: data.get(name, "") for name in fields}, shifts
