"""What coordinators type about roles, shifts and their repetition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities import queries
from xinshi.activities.domain import (
    FIRST_DAY,
    LAST_DAY,
    PLACES_MAX,
    RESERVE_MAX,
    ROLE_DESCRIPTION_LENGTH_MAX,
    ROLE_NAME_LENGTH_MAX,
    ROLES_MAX,
    SHIFTS_MAX,
    NewRole,
    NewShift,
)
from xinshi.activities.repeating import WEEKS_MAX, Repeat, Repeated, Repetition, repeated
from xinshi.activities.requirements import AGE_MAX, Requirements
from xinshi.kernel import clock
from xinshi.people.wording import GROUPS

ROLE: Final = "role"
SHIFT: Final = "shift"
"""The prefixes of the two sets of forms."""


class RoleForm(forms.Form):
    """What volunteers do, and who can do it."""

    name = forms.CharField(
        label=_("Volunteer role"),
        required=False,
        max_length=ROLE_NAME_LENGTH_MAX,
        help_text=_("Empty where everybody does the same."),
    )
    description = forms.CharField(
        label=_("What this role does"), required=False, max_length=ROLE_DESCRIPTION_LENGTH_MAX
    )
    qualifications = forms.MultipleChoiceField(
        label=_("Qualifications needed"), required=False, widget=forms.CheckboxSelectMultiple
    )
    groups = forms.MultipleChoiceField(
        label=_("Only for"), required=False, choices=list(GROUPS.items()), widget=forms.CheckboxSelectMultiple
    )
    age_min = forms.IntegerField(label=_("From age"), required=False, min_value=0, max_value=AGE_MAX)
    age_max = forms.IntegerField(label=_("Up to age"), required=False, min_value=0, max_value=AGE_MAX)
    is_heavy = forms.BooleanField(label=_("Lifting and carrying"), required=False)

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.initial.get("qualifications") or ()
        known = {code for code, _name in kinds}
        field = self.fields["qualifications"]
        assert isinstance(field, forms.MultipleChoiceField), "declared above"
        field.choices = [*kinds, *((code, code) for code in stored if code not in known)]
        if not field.choices:
            del self.fields["qualifications"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        low, high = data.get("age_min"), data.get("age_max")
        if low is not None and high is not None and low > high:
            self.add_error("age_max", gettext("The lowest age is above the highest."))
        return data

    def role(self) -> NewRole:
        data = self.cleaned_data
        return NewRole(
            name=data["name"],
            description=data["description"],
            requirements=Requirements(
                qualifications=tuple(data.get("qualifications", ())),
                groups=tuple(data["groups"]),
                age_min=data["age_min"],
                age_max=data["age_max"],
                is_heavy=data["is_heavy"],
            ),
        )


class ShiftForm(forms.Form):
    """One shift on one day of the hospital, in one of the roles, chosen by its place in the list of roles."""

    shift_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    role = forms.ChoiceField(label=_("Volunteer role"), required=False)
    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )
    starts = forms.TimeField(label=_("Begins"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    ends = forms.TimeField(label=_("Ends"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=PLACES_MAX)
    minimum = forms.IntegerField(label=_("At least"), required=False, min_value=0, max_value=PLACES_MAX)
    reserve = forms.IntegerField(label=_("Waiting list"), required=False, min_value=0, max_value=RESERVE_MAX)

    def __init__(self, *args: Any, roles: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField), "declared above"
        field.choices = roles
        if len(roles) < 2:
            field.widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts, ends = data.get("starts"), data.get("ends")
        if starts is not None and ends is not None and ends <= starts:
            self.add_error("ends", gettext("A shift ends after it begins."))
        minimum, places = data.get("minimum"), data.get("places")
        if minimum is not None and places is not None and minimum > places:
            self.add_error("minimum", gettext("At least so many must come, and no more than the places."))
        return data

    def shift(self, roles: Mapping[str, NewRole]) -> NewShift:
        data = self.cleaned_data
        minimum = self.initial.get("minimum") if data["minimum"] is None else data["minimum"]
        reserve = self.initial.get("reserve") if data["reserve"] is None else data["reserve"]
        return NewShift(
            starts_at=clock.at_local(data["day"], data["starts"]),
            ends_at=clock.at_local(data["day"], data["ends"]),
            places=data["places"],
            minimum=min(1, data["places"]) if minimum in (None, "") else int(minimum),
            reserve=int(reserve or 0),
            role=roles[data["role"] or next(iter(roles))].name,
            shift_id=data["shift_id"],
        )


if TYPE_CHECKING:
    _RoleFormSet = forms.BaseFormSet[RoleForm]
    _ShiftFormSet = forms.BaseFormSet[ShiftForm]
else:
    _RoleFormSet = _ShiftFormSet = forms.BaseFormSet


class BaseRoleFormSet(_RoleFormSet):
    def add_fields(self, form: RoleForm, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove this role")

    def clean(self) -> None:
        names = [form.cleaned_data.get("name", "") for form in self.kept()]
        if not names:
            raise forms.ValidationError(gettext("Between 1 and 12 roles, each with its own name."))
        if len(set(names)) != len(names):
            raise forms.ValidationError(gettext("Between 1 and 12 roles, each with its own name."))

    def kept(self) -> list[RoleForm]:
        return [form for form in self.forms if not form.cleaned_data.get("DELETE")]

    def roles(self) -> dict[str, NewRole]:
        """The valid roles by their place in the list."""
        return {str(self.forms.index(form)): form.role() for form in self.kept()}


class BaseShiftFormSet(_ShiftFormSet):
    def add_fields(self, form: ShiftForm, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove this shift")

    def is_valid_with(self, roles: BaseRoleFormSet) -> bool:
        """Valid, and every shift is in a role that is kept."""
        if not (self.is_valid() and roles.is_valid()):
            return False
        kept = roles.roles()
        wrong = [form for form in self._kept() if form.cleaned_data["role"] not in ("", *kept)]
        for form in wrong:
            form.add_error("role", gettext("Choose one of the list."))
        return not wrong

    def _kept(self) -> list[ShiftForm]:
        filled = [form for form in self.forms if form.has_changed() or form.initial]
        return [form for form in filled if form.cleaned_data and not form.cleaned_data.get("DELETE")]

    def shifts(self, roles: Mapping[str, NewRole]) -> tuple[NewShift, ...]:
        """The filled-in shifts that are not to be removed."""
        return tuple(form.shift(roles) for form in self._kept())


def _set_of(form: type[forms.Form], base: type[Any], most: int) -> Any:
    return forms.formset_factory(
        form,
        formset=base,
        extra=0,
        min_num=1,
        validate_min=True,
        max_num=most,
        validate_max=True,
        absolute_max=most + 1,
        can_delete=True,
    )


RoleFormSet = cast("type[BaseRoleFormSet]", _set_of(RoleForm, BaseRoleFormSet, ROLES_MAX))
ShiftFormSet = cast("type[BaseShiftFormSet]", _set_of(ShiftForm, BaseShiftFormSet, SHIFTS_MAX))


class RepeatForm(forms.Form):
    """Whether the shifts typed are held again on later days."""

    repeat = forms.ChoiceField(
        label=_("Repeat these shifts"),
        required=False,
        choices=[
            ("", _("Do not repeat")),
            (Repeat.DAILY.value, _("Every day")),
            (Repeat.WORKING_DAYS.value, _("On working days")),
            (Repeat.WEEKLY.value, _("Every week")),
        ],
        help_text=_("Working days follow the State Council's calendar, make-up days included."),
    )
    every_weeks = forms.IntegerField(
        label=_("Every how many weeks"), required=False, min_value=1, max_value=WEEKS_MAX, initial=1
    )
    skips_holidays = forms.BooleanField(label=_("Not on public holidays"), required=False)
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

    def applied(self, shifts: tuple[NewShift, ...]) -> Repeated:
        """The shifts as often as wanted; Invalid where that is too many."""
        data = self.cleaned_data
        if not data["repeat"]:
            return Repeated(shifts, (), is_certain=True)
        wanted = Repetition(
            step=Repeat(data["repeat"]),
            until=data["until"],
            every_weeks=data["every_weeks"] or 1,
            skips_holidays=data["skips_holidays"],
        )
        return repeated(shifts, wanted)


def role_choices(names: Sequence[str]) -> list[tuple[str, str]]:
    """Roles as a shift's form offers them: by their place in the list, with their name or number."""
    return [(str(index), name or gettext("Role %(n)s") % {"n": index + 1}) for index, name in enumerate(names)]


def role_kinds() -> list[tuple[str, str]]:
    return queries.qualification_choices()


def initial_of_role(role: NewRole) -> dict[str, object]:
    asked = role.requirements
    return {
        "name": role.name,
        "description": role.description,
        "qualifications": list(asked.qualifications),
        "groups": list(asked.groups),
        "age_min": asked.age_min,
        "age_max": asked.age_max,
        "is_heavy": asked.is_heavy,
    }


def initial_of_shift(shift: NewShift, names: Sequence[str]) -> dict[str, object]:
    starts, ends = shift.starts_at.astimezone(clock.HOSPITAL_ZONE), shift.ends_at.astimezone(clock.HOSPITAL_ZONE)
    return {
        "shift_id": shift.shift_id,
        "role": str(names.index(shift.role)),
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "places": shift.places,
        "minimum": shift.minimum,
        "reserve": shift.reserve,
    }


def typed_rows(data: Any, prefix: str, most: int) -> list[dict[str, object]]:
    """The rows of a set of forms as typed so far, unchecked; `data` is a QueryDict."""
    text = data.get(f"{prefix}-TOTAL_FORMS", "1")
    number = min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    fields: Mapping[str, forms.Field] = (RoleForm if prefix == ROLE else ShiftForm).base_fields
    return [
        {
            name: data.getlist(f"{prefix}-{index}-{name}")
            if isinstance(field, forms.MultipleChoiceField)
            else data.get(f"{prefix}-{index}-{name}", "")
            for name, field in fields.items()
        }
        for index in range(number)
    ]
