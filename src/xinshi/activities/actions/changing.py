"""Changing an activity and its shifts, and telling those who have a place in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from django.db import transaction
from django.db.models import Exists, OuterRef

from xinshi.activities.access import require_planner
from xinshi.activities.actions.creating import require_known
from xinshi.activities.actions.locking import LockedActivity, lock_whole
from xinshi.activities.domain import (
    MoveConflicts,
    NewActivity,
    NewShift,
    NothingToChange,
    PlacesTaken,
    ShiftHasPeople,
    ShiftHasPresence,
    check_activity,
)
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

TOLD_FIELDS = frozenset({"title", "place", "person_in_charge_id", "risks", "shifts"})
"""What people who signed up must hear of."""


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
    changed = _change_fields(row, activity)
    if _change_shifts(found, activity.shifts):
        changed.append("shifts")
    if changed:
        record(actor=actor, action="activities.change", object_ref=f"activity:{row.pk}", fields=changed)
        if TOLD_FIELDS.intersection(changed):
            _tell_changed(row, found.people)
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
    }
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return changed


def _change_shifts(found: LockedActivity, wanted: Sequence[NewShift]) -> bool:
    """True where a shift was changed, added or removed."""
    kept = {shift.shift_id: shift for shift in wanted if shift.shift_id is not None}
    if not kept.keys() <= found.shifts.keys():
        raise NotFound
    removed = found.shifts.keys() - kept.keys()
    if SignUp.objects.filter(shift_id__in=removed).exists():
        raise ShiftHasPeople
    Shift.objects.filter(pk__in=removed).delete()
    moved, resized = _changed_shifts(found.shifts, kept)
    changed = {shift.pk: shift for shift in (*moved, *resized)}
    if changed:
        Shift.objects.bulk_update(changed.values(), ["starts_at", "ends_at", "places"])
    if moved:
        _require_nobody_twice(found.people, {shift.pk for shift in moved})
    added = Shift.objects.bulk_create(
        [
            Shift(
                activity=found.activity,
                starts_at=new.starts_at,
                ends_at=new.ends_at,
                places=new.places,
                is_open=found.activity.state == Activity.State.PUBLISHED,
            )
            for new in wanted
            if new.shift_id is None
        ]
    )
    return bool(changed or added or removed)


def _changed_shifts(shifts: Mapping[int, Shift], kept: Mapping[int, NewShift]) -> tuple[list[Shift], list[Shift]]:
    """The shifts brought to their new times, and those brought to their new number of places; not saved yet."""
    moved: list[Shift] = []
    resized: list[Shift] = []
    for shift_id, new in kept.items():
        shift = shifts[shift_id]
        if new.places < shift.taken:
            raise PlacesTaken(taken=shift.taken)
        if shift.places != new.places:
            shift.places = new.places
            resized.append(shift)
        if (shift.starts_at, shift.ends_at) != (new.starts_at, new.ends_at):
            if clock.local_day(shift.starts_at) != clock.local_day(new.starts_at):
                _require_nobody_came(shift_id)
            shift.starts_at, shift.ends_at = new.starts_at, new.ends_at
            moved.append(shift)
    return moved, resized


def _require_nobody_came(shift_id: int) -> None:
    """Presence lies on the day of its shift, so a shift in which people were checked in stays on its day."""
    if SignUp.objects.filter(shift_id=shift_id, attended_at__isnull=False).exists():
        raise ShiftHasPresence


def _require_nobody_twice(people: Sequence[int], moved: Set[int]) -> None:
    """After shifts were moved nobody who has a place in them is in two shifts at once."""
    mine = SignUp.objects.filter(person_id=OuterRef("person_id"), state=SignUp.State.CONFIRMED, shift_id__in=moved)
    clash = mine.exclude(shift_id=OuterRef("shift_id")).filter(
        shift__starts_at__lt=OuterRef("shift__ends_at"), shift__ends_at__gt=OuterRef("shift__starts_at")
    )
    title = (
        SignUp.objects.filter(Exists(clash), person_id__in=people, state=SignUp.State.CONFIRMED)
        .values_list("shift__activity__title", flat=True)
        .first()
    )
    if title is not None:
        raise MoveConflicts(title=title)


def _tell_changed(row: Activity, people: Sequence[int]) -> None:
    at = clock.now().isoformat(timespec="milliseconds")
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=gettext_noop("“%(title)s” has changed. Please look at its time and place again."),
            parameters={"title": row.title},
            object_ref=f"activity:{row.pk}",
            key=f"activity:{row.pk}:changed:{at}:{person_id}",
        )
        for person_id in people
    )
