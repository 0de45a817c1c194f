"""An activity as it stands, as the value that creates one: for changing a part of it, copying, templates, export."""

from __future__ import annotations

from collections.abc import Iterable

from xinshi.activities.domain import NewActivity, NewRole, NewShift
from xinshi.activities.models import Activity, ActivityRole, Shift
from xinshi.activities.requirements import Requirements
from xinshi.kernel.codes import HoursKind


def planned(activity: Activity, shifts: Iterable[Shift] | None = None) -> NewActivity:
    """Everything of an activity, with the ids of its shifts; one query for its roles, one for shifts not given, none for
    what was prefetched."""
    rows = list(activity.shifts.all()) if shifts is None else list(shifts)
    roles = sorted(activity.roles.all(), key=lambda role: role.pk)
    names = {role.pk: role.name for role in roles}
    return NewActivity(
        title=activity.title,
        category=activity.category,
        place=activity.place,
        organizer_id=activity.organizer_id,
        person_in_charge_id=activity.person_in_charge_id,
        programme_id=activity.programme_id,
        description=activity.description,
        risks=activity.risks,
        hours_kind=HoursKind(activity.hours_kind),
        recruits=activity.recruits,
        team_id=activity.team_id,
        sign_up_way=activity.sign_up_way,
        is_coupled=activity.is_coupled,
        is_dangerous=activity.is_dangerous,
        sign_up_closes_minutes=activity.sign_up_closes_minutes,
        cancel_closes_minutes=activity.cancel_closes_minutes,
        allowance_yuan=activity.allowance_yuan,
        is_off_duty=activity.is_off_duty,
        roles=tuple(_role(role) for role in roles),
        shifts=tuple(
            _shift(shift, names[shift.role_id]) for shift in sorted(rows, key=lambda row: (row.starts_at, row.pk))
        ),
    )


def _role(role: ActivityRole) -> NewRole:
    return NewRole(
        name=role.name, description=role.description, requirements=Requirements.from_stored(role.requirements)
    )


def _shift(shift: Shift, role: str) -> NewShift:
    return NewShift(
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        places=shift.places,
        minimum=shift.minimum,
        reserve=shift.reserve,
        role=role,
        shift_id=shift.pk,
    )
