"""The page's form of an activity: its own fields, its roles, its shifts, and their repetition, as one thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext

from xinshi.activities.domain import ROLES_MAX, SHIFTS_MAX, NewActivity, NewShift
from xinshi.activities.forms import ActivityForm, initial_of
from xinshi.activities.models import Activity
from xinshi.activities.planned import planned
from xinshi.activities.repeating import Repeated
from xinshi.activities.shift_forms import (
    ROLE,
    SHIFT,
    BaseRoleFormSet,
    BaseShiftFormSet,
    RepeatForm,
    RoleFormSet,
    ShiftFormSet,
    initial_of_role,
    initial_of_shift,
    role_choices,
    role_kinds,
    typed_rows,
)
from xinshi.doors.pages import PageRequest
from xinshi.kernel.errors import Invalid


class PlanForm:
    """As stored, as sent, or as typed so far with room for one more role or shift (`add_role`, `add_shift`).

    `is_sent` is True where it is to be saved; `preview` shows the days of a repetition without saving.
    """

    activity: ActivityForm
    roles: BaseRoleFormSet
    shifts: BaseShiftFormSet
    repeat: RepeatForm | None

    def __init__(
        self,
        request: PageRequest,
        *,
        current: Activity | None = None,
        suggested: NewActivity | None = None,
        fields: dict[str, object] | None = None,
        in_charge: tuple[int, str] | None = None,
        repeats: bool = False,
    ) -> None:
        """`suggested` fills roles and shifts of a new activity, `fields` its own fields."""
        data = request.POST if request.method == "POST" else None
        self._current = current
        self._in_charge = in_charge
        self._repeats = repeats
        stored = planned(current) if current is not None else suggested
        self._is_more = data is not None and ("add_shift" in data or "add_role" in data)
        self.is_sent = data is not None and not self._is_more and "preview" not in data
        self.preview: Repeated | None = None
        names = [role.name for role in stored.roles] if stored else [""]
        self._role_rows = [initial_of_role(role) for role in stored.roles] if stored else [{}]
        self._shift_rows = [initial_of_shift(shift, names) for shift in stored.shifts] if stored else [{}]
        self._fields = initial_of(current) if current is not None else fields or {}
        if data is None:
            self._unbound(self._fields, {})
        elif self._is_more:
            self._with_more(data)
        else:
            self._bound(data)
        if data is not None and "preview" in data and self.is_valid():
            self._look_ahead()

    def _unbound(self, fields: dict[str, Any], repeat: dict[str, Any]) -> None:
        names = [str(row.get("name", "")) for row in self._role_rows]
        self.activity = ActivityForm(initial=fields, current=self._current, in_charge=self._in_charge)
        self.roles = RoleFormSet(initial=self._role_rows, prefix=ROLE, form_kwargs={"kinds": self._kinds})
        self.shifts = ShiftFormSet(initial=self._shift_rows, prefix=SHIFT, form_kwargs={"roles": role_choices(names)})
        self.repeat = RepeatForm(initial=repeat) if self._repeats else None

    def _with_more(self, data: Any) -> None:
        """What was typed so far, unchecked, with one more role, or one more shift that repeats the last one's times."""
        self._role_rows = typed_rows(data, ROLE, ROLES_MAX) or [{}]
        self._shift_rows = typed_rows(data, SHIFT, SHIFTS_MAX) or [{}]
        if "add_role" in data and len(self._role_rows) < ROLES_MAX:
            self._role_rows.append({})
        if "add_shift" in data and len(self._shift_rows) < SHIFTS_MAX:
            self._shift_rows.append({**self._shift_rows[-1], "shift_id": ""})
        typed = {name: data.get(name, "") for name in (*ActivityForm.base_fields, *RepeatForm.base_fields)}
        self._unbound(typed, typed)

    def _bound(self, data: Any) -> None:
        names = [str(row["name"]) for row in typed_rows(data, ROLE, ROLES_MAX)]
        self.activity = ActivityForm(data, current=self._current, in_charge=self._in_charge)
        self.roles = RoleFormSet(data, prefix=ROLE, initial=self._role_rows, form_kwargs={"kinds": self._kinds})
        self.shifts = ShiftFormSet(
            data, prefix=SHIFT, initial=self._shift_rows, form_kwargs={"roles": role_choices(names)}
        )
        self.repeat = RepeatForm(data) if self._repeats else None

    @cached_property
    def _kinds(self) -> list[tuple[str, str]]:
        return role_kinds()

    def is_valid(self) -> bool:
        parts = [self.activity.is_valid(), self.shifts.is_valid_with(self.roles)]
        if self.repeat is not None:
            parts.append(self.repeat.is_valid())
        return all(parts)

    def new_activity(self) -> NewActivity:
        """The valid input as the actions take it."""
        roles = self.roles.roles()
        shifts = self.shifts.shifts(roles)
        if self.repeat is not None:
            shifts = self.repeat.applied(shifts).shifts
        return self.activity.activity(tuple(roles.values()), shifts)

    def _look_ahead(self) -> None:
        shifts = self.shifts.shifts(self.roles.roles())
        try:
            self.preview = self.repeat.applied(shifts) if self.repeat else Repeated(shifts, (), is_certain=True)
        except Invalid as refusal:
            self.activity.add_error(None, gettext(str(refusal.parameters["reason"])))

    @property
    def preview_shifts(self) -> Sequence[NewShift]:
        return self.preview.shifts if self.preview else ()

    @property
    def preview_skipped(self) -> Sequence[date]:
        return self.preview.skipped if self.preview else ()
