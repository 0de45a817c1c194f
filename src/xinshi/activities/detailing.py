"""How an activity's page shows roles and shifts: what each role asks for in words, shifts grouped by their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext

from xinshi.activities.eligibility import Kind
from xinshi.activities.models import Activity, ActivityRole, SignUp
from xinshi.activities.queries import ActivityDetail, OfferedShift
from xinshi.activities.requirements import Requirements
from xinshi.archive.models import QualificationKind
from xinshi.doors.wording import is_chinese
from xinshi.people.wording import GROUPS


@dataclass(frozen=True, slots=True)
class RoleOnPage:
    label: str
    description: str
    asked: list[str]


@dataclass(frozen=True, slots=True)
class ShiftOnPage:
    shift: OfferedShift
    role_label: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The shifts of one stretch of time: one a role."""

    starts_at: datetime
    ends_at: datetime
    shifts: list[ShiftOnPage]


@dataclass(frozen=True, slots=True)
class PlanOnPage:
    roles: list[RoleOnPage]
    stretches: list[Stretch]
    is_untouched: bool
    """Nobody has ever signed up, so a publication can be taken back; only known to planners."""

    @property
    def shows_roles(self) -> bool:
        return len(self.roles) > 1 or any(role.description or role.asked for role in self.roles)

    @property
    def shows_stretches(self) -> bool:
        return len(self.roles) > 1


def plan_on_page(found: ActivityDetail) -> PlanOnPage:
    """At most three queries, whatever the number of shifts, roles and people."""
    known: dict[int, ActivityRole] = {}
    role_of: dict[int, int] = {}
    roles = ActivityRole.objects.filter(activity=found.activity).order_by("pk")
    for pk, name, description, requirements, shift_id in roles.values_list(
        "pk", "name", "description", "requirements", "shifts__pk"
    ):
        known.setdefault(pk, ActivityRole(pk=pk, name=name, description=description, requirements=requirements))
        role_of[shift_id] = pk
    rows = list(known.values())
    names = kind_names(rows, known=found.kinds)
    labels = {row.pk: row.name for row in rows} if len(rows) > 1 else {}
    shifts = sorted(found.shifts, key=lambda shift: (shift.starts_at, shift.ends_at, shift.id))
    grouped = groupby(shifts, key=lambda shift: (shift.starts_at, shift.ends_at))
    return PlanOnPage(
        roles=[
            RoleOnPage(
                label=row.name or gettext("What volunteers do"),
                description=row.description,
                asked=asked_for(Requirements.from_stored(row.requirements), names),
            )
            for row in rows
        ],
        stretches=_stretches([list(part) for _times, part in grouped], role_of, labels),
        is_untouched=_is_untouched(found),
    )


def _is_untouched(found: ActivityDetail) -> bool:
    if not found.may_plan or found.activity.state != Activity.State.PUBLISHED:
        return False
    if any(shift.taken for shift in found.shifts):
        return False
    return not SignUp.objects.filter(shift__activity=found.activity).exists()


def _stretches(
    groups: Sequence[list[OfferedShift]], role_of: Mapping[int, int], labels: Mapping[int, str]
) -> list[Stretch]:
    """One a time where there are several roles; otherwise all in one."""
    if not labels:
        shifts = [ShiftOnPage(shift, "") for part in groups for shift in part]
        return [Stretch(shifts[0].shift.starts_at, shifts[0].shift.ends_at, shifts)] if shifts else []
    return [
        Stretch(
            part[0].starts_at,
            part[0].ends_at,
            [ShiftOnPage(shift, labels.get(role_of.get(shift.id, 0), "")) for shift in part],
        )
        for part in groups
    ]


def kind_names(roles: Sequence[ActivityRole], *, known: Mapping[str, Kind]) -> dict[str, str]:
    """The names of the qualifications that these roles ask for; no query where they are `known`, or nothing is asked."""
    codes = {code for role in roles for code in Requirements.from_stored(role.requirements).qualifications}
    if codes <= known.keys():
        return {code: known[code].name for code in codes}
    rows = QualificationKind.objects.filter(code__in=codes)
    return {row.code: row.name if is_chinese() else row.name_en or row.name for row in rows}


def asked_for(asked: Requirements, names: Mapping[str, str]) -> list[str]:
    """What a role asks for, a line each."""
    lines = [names.get(code, code) for code in asked.qualifications]
    if asked.groups:
        words = " / ".join(str(GROUPS.get(code, code)) for code in asked.groups)
        lines.append(gettext("Only for: %(groups)s") % {"groups": words})
    if asked.age_min is not None and asked.age_max is not None:
        lines.append(gettext("From %(low)s to %(high)s years old") % {"low": asked.age_min, "high": asked.age_max})
    elif asked.age_min is not None:
        lines.append(gettext("From %(low)s years old") % {"low": asked.age_min})
    elif asked.age_max is not None:
        lines.append(gettext("Up to %(high)s years old") % {"high": asked.age_max})
    if asked.is_heavy:
        lines.append(gettext("You lift and carry"))
    return lines
