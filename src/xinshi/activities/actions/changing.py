"""Changing an activity and its shifts, and telling those who have a place in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from xinshi.activities.access import require_planner
from xinshi.activities.actions.creating import (
    create_roles,
    require_known,
    require_publishable,
    require_recordable,
    staff_organizations,
)
from xinshi.activities.actions.locking import HELD, LIVE, LockedActivity, lock_whole
from xinshi.activities.domain import (
    MoveConflicts,
    NewActivity,
    NewRole,
    NewShift,
    NothingToChange,
    PlacesTaken,
    ShiftHasPeople,
    ShiftHasPresence,
    check_activity,
)
from xinshi.activities.models import Activity, ActivityRole, PlaceHold, Shift, SignUp
from xinshi.activities.requirements import Requirements
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

TOLD_FIELDS = frozenset({"title", "place", "person_in_charge_id", "risks"})
"""What everybody in the activity must hear of; of a shift's time and role hear those who are in it."""


@dataclass(frozen=True, slots=True)
class ChangedShifts:
    """`moved` to another time, `recast` to another role; `is_any` where anything about shifts changed."""

    moved: dict[int, Shift]
    recast: dict[int, Shift]
    is_any: bool


@dataclass(frozen=True, slots=True)
class ChangedRoles:
    """The ids of the wanted roles by name, and whether any was changed or added."""

    ids: dict[str, int]
    is_any: bool


@transaction.atomic
def change_activity(*, actor: Actor, activity_id: int, activity: NewActivity) -> list[str]:
    """Bring an activity to what `activity` says; returns the names of the fields that changed.

    Shifts with an id are changed, those without are added, those left out are removed where nobody ever signed up.
    """
    require_planner(actor)
    check_activity(activity)
    require_known([activity])
    found = lock_whole(activity_id)
    row = found.activity
    if row.state not in (Activity.State.DRAFT, Activity.State.PUBLISHED):
        raise NothingToChange
    require_recordable(activity)
    if row.state == Activity.State.PUBLISHED:
        require_publishable(activity, staff_organizations([activity]))
    changed = _change_fields(row, activity)
    roles, roles_told = _change_roles(row, activity.roles)
    shifts = _change_shifts(found, activity.shifts, roles.ids)
    if shifts.is_any:
        changed.append("shifts")
    if _remove_roles(row, roles.ids) or roles.is_any:
        changed.append("roles")
    if changed:
        record(actor=actor, action="activities.change", object_ref=f"activity:{row.pk}", fields=changed)
        _tell(row, changed, shifts, roles_told)
    return changed


def _change_fields(row: Activity, wanted: NewActivity) -> list[str]:
    values = {
        "title": wanted.title.strip(),
        "programme_id": wanted.programme_id,
        "category": wanted.category,
        "description": wanted.description,
        "risks": wanted.risks,
        "place": wanted.place.strip(),
        "organizer_id": wanted.organizer_id,
        "person_in_charge_id": wanted.person_in_charge_id,
        "hours_kind": wanted.hours_kind.value,
        "recruits": wanted.recruits,
        "team_id": wanted.team_id,
        "sign_up_way": wanted.sign_up_way,
        "is_coupled": wanted.is_coupled,
        "is_dangerous": wanted.is_dangerous,
        "sign_up_closes_minutes": wanted.sign_up_closes_minutes,
        "cancel_closes_minutes": wanted.cancel_closes_minutes,
        "allowance_yuan": wanted.allowance_yuan,
        "is_off_duty": wanted.is_off_duty,
    }
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return changed


def _change_roles(row: Activity, wanted: Sequence[NewRole]) -> tuple[ChangedRoles, set[int]]:
    """Add and change roles by their names; also the ids of those whose people must hear of it. None is removed yet."""
    known = {role.name: role for role in ActivityRole.objects.filter(activity=row)}
    changed = []
    for new in wanted:
        role = known.get(new.name)
        values = (new.description.strip(), new.requirements.as_stored())
        if role is not None and (role.description, _plain(role.requirements)) != (values[0], _plain(values[1])):
            role.description, role.requirements = values
            changed.append(role)
    if changed:
        ActivityRole.objects.bulk_update(changed, ["description", "requirements"])
    added = create_roles([row], [[new for new in wanted if new.name not in known]])
    ids = {new.name: known[new.name].pk if new.name in known else added[row.pk, new.name] for new in wanted}
    return ChangedRoles(ids, is_any=bool(changed or added)), {role.pk for role in changed}


def _plain(stored: dict[str, Any]) -> Requirements:
    """What is stored as lists and what is written as tuples compare as equal."""
    return Requirements.from_stored(stored)


def _remove_roles(row: Activity, kept: Mapping[str, int]) -> bool:
    """Roles that are wanted no more and have no shift any more go."""
    gone = ActivityRole.objects.filter(activity=row, shifts=None).exclude(pk__in=kept.values())
    return bool(gone.delete()[0])


def _change_shifts(found: LockedActivity, wanted: Sequence[NewShift], roles: Mapping[str, int]) -> ChangedShifts:
    kept = {shift.shift_id: shift for shift in wanted if shift.shift_id is not None}
    if not kept.keys() <= found.shifts.keys():
        raise NotFound
    removed = found.shifts.keys() - kept.keys()
    held = PlaceHold.objects.filter(shift_id__in=removed, places__gt=0)
    if SignUp.objects.filter(shift_id__in=removed).exists() or held.exists():
        raise ShiftHasPeople
    Shift.objects.filter(pk__in=removed).delete()
    moved, recast, resized = _changed_shifts(found.shifts, kept, roles)
    changed = {**moved, **recast, **resized}
    if changed:
        Shift.objects.bulk_update(changed.values(), ["starts_at", "ends_at", "role", "minimum", "places", "reserve"])
    if moved:
        _require_nobody_twice(found.people, moved.keys())
    new = [shift for shift in wanted if shift.shift_id is None]
    Shift.objects.bulk_create([_new_shift(found.activity, shift, roles) for shift in new])
    return ChangedShifts(moved, recast, is_any=bool(changed or new or removed))


def _new_shift(activity: Activity, new: NewShift, roles: Mapping[str, int]) -> Shift:
    return Shift(
        activity=activity,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        role_id=roles[new.role],
        minimum=new.minimum,
        places=new.places,
        reserve=new.reserve,
        is_open=activity.state == Activity.State.PUBLISHED,
    )


def _changed_shifts(
    shifts: Mapping[int, Shift], kept: Mapping[int, NewShift], roles: Mapping[str, int]
) -> tuple[dict[int, Shift], dict[int, Shift], dict[int, Shift]]:
    """The shifts brought to new times, to new roles, and to new numbers; not saved yet."""
    moved: dict[int, Shift] = {}
    recast: dict[int, Shift] = {}
    resized: dict[int, Shift] = {}
    for shift_id, new in kept.items():
        shift = shifts[shift_id]
        if new.places < shift.taken:
            raise PlacesTaken(taken=shift.taken)
        if shift.role_id != roles[new.role]:
            shift.role_id = roles[new.role]
            recast[shift_id] = shift
        numbers = (new.minimum, new.places, new.reserve)
        if (shift.minimum, shift.places, shift.reserve) != numbers:
            shift.minimum, shift.places, shift.reserve = numbers
            resized[shift_id] = shift
        if (shift.starts_at, shift.ends_at) != (new.starts_at, new.ends_at):
            if clock.local_day(shift.starts_at) != clock.local_day(new.starts_at):
                _require_nobody_came(shift_id)
            shift.starts_at, shift.ends_at = new.starts_at, new.ends_at
            moved[shift_id] = shift
    return moved, recast, resized


def _require_nobody_came(shift_id: int) -> None:
    """Presence lies on the day of its shift, so a shift in which people were checked in stays on its day."""
    if SignUp.objects.filter(shift_id=shift_id, attended_at__isnull=False).exists():
        raise ShiftHasPresence


def _require_nobody_twice(people: Sequence[int], moved: Set[int]) -> None:
    """After shifts were moved nobody who has a place in them is in two shifts at once."""
    mine = SignUp.objects.filter(person_id=OuterRef("person_id"), state__in=HELD, shift_id__in=moved)
    clash = mine.exclude(shift_id=OuterRef("shift_id")).filter(
        shift__starts_at__lt=OuterRef("shift__ends_at"), shift__ends_at__gt=OuterRef("shift__starts_at")
    )
    title = (
        SignUp.objects.filter(Exists(clash), person_id__in=people, state__in=HELD)
        .values_list("shift__activity__title", flat=True)
        .first()
    )
    if title is not None:
        raise MoveConflicts(title=title)


def _tell(row: Activity, changed: Sequence[str], shifts: ChangedShifts, roles: Set[int]) -> None:
    """One message for each person concerned, also who asked or waits; a draft concerns nobody."""
    is_whole = bool(TOLD_FIELDS.intersection(changed))
    if row.state != Activity.State.PUBLISHED or not (is_whole or shifts.moved or shifts.recast or roles):
        return
    at = clock.now()
    Activity.objects.filter(pk=row.pk).update(revision=F("revision") + 1, changed_at=at)
    signups = SignUp.objects.filter(shift__activity=row, shift__ends_at__gt=at, state__in=LIVE).order_by("pk")
    told: dict[int, NewMessage] = {}
    for person_id, shift_id, role_id in signups.values_list("person_id", "shift_id", "shift__role_id"):
        moved, is_recast = shifts.moved.get(shift_id), shift_id in shifts.recast or role_id in roles
        if person_id not in told and (is_whole or moved or is_recast):
            told[person_id] = _news(row, person_id, moved, at, is_recast=is_recast and not is_whole)
    send_many(told.values())


def _news(row: Activity, person_id: int, moved: Shift | None, at: datetime, *, is_recast: bool) -> NewMessage:
    """What is said to one person: the new time, that the role is another, or to look again at time and place."""
    text = gettext_noop("“%(title)s” has changed. Please look at its time and place again.")
    parameters = {"title": row.title}
    if moved is not None:
        starts, ends = (moment.astimezone(clock.HOSPITAL_ZONE) for moment in (moved.starts_at, moved.ends_at))
        text = gettext_noop("“%(title)s” has a new time: %(time)s, %(place)s. Give your place back if you cannot come.")
        parameters |= {"time": f"{starts:%Y-%m-%d %H:%M}–{ends:%H:%M}", "place": row.place}
    elif is_recast:
        text = gettext_noop("In “%(title)s” your role has changed. Please read what you will do.")
    return NewMessage(
        recipient_ref=f"person:{person_id}",
        text=text,
        parameters=parameters,
        object_ref=f"activity:{row.pk}",
        key=f"activity:{row.pk}:changed:{at.isoformat(timespec='milliseconds')}:{person_id}",
    )
