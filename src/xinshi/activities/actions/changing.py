"""Changing an activity and its shifts, and telling those who have a place in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from xinshi.activities.access import require_planner
from xinshi.activities.actions.creating import require_known
from xinshi.activities.domain import (
    NewActivity,
    NewShift,
    NothingToChange,
    PlacesTaken,
    ShiftHasPeople,
    TimeConflict,
    check_activity,
)
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.people.models import Person

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
    people = _lock_people(activity_id)
    row = Activity.objects.select_for_update().filter(pk=activity_id).first()
    if row is None:
        raise NotFound
    if row.state not in (Activity.State.DRAFT, Activity.State.PUBLISHED):
        raise NothingToChange
    changed = _change_fields(row, activity)
    if _change_shifts(row, activity.shifts, people):
        changed.append("shifts")
    if changed:
        record(actor=actor, action="activities.change", object_ref=f"activity:{row.pk}", fields=changed)
        if TOLD_FIELDS.intersection(changed):
            _tell_changed(row, people)
    return changed


def _lock_people(activity_id: int) -> list[int]:
    """The people with a place, locked in order, so that their times can be compared."""
    signed_up = SignUp.objects.filter(shift__activity_id=activity_id, state=SignUp.State.CONFIRMED)
    people = Person.objects.select_for_update(no_key=True).filter(pk__in=signed_up.values("person_id"))
    return list(people.order_by("pk").values_list("pk", flat=True))


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


def _change_shifts(row: Activity, wanted: Sequence[NewShift], people: Sequence[int]) -> bool:
    """True where a shift was changed, added or removed."""
    shifts = {shift.pk: shift for shift in Shift.objects.select_for_update().filter(activity=row).order_by("pk")}
    kept = {shift.shift_id: shift for shift in wanted if shift.shift_id is not None}
    if not kept.keys() <= shifts.keys():
        raise NotFound
    removed = shifts.keys() - kept.keys()
    if SignUp.objects.filter(shift_id__in=removed).exists():
        raise ShiftHasPeople
    Shift.objects.filter(pk__in=removed).delete()
    moved: list[Shift] = []
    resized: list[Shift] = []
    for shift_id, new in kept.items():
        shift = shifts[shift_id]
        if new.places < shift.taken:
            raise PlacesTaken(taken=shift.taken)
        if (shift.starts_at, shift.ends_at) != (new.starts_at, new.ends_at):
            shift.starts_at, shift.ends_at = new.starts_at, new.ends_at
            moved.append(shift)
        if shift.places != new.places:
            shift.places = new.places
            resized.append(shift)
    Shift.objects.bulk_update({*moved, *resized}, ["starts_at", "ends_at", "places"])
    if moved:
        _require_nobody_twice(people)
    added = Shift.objects.bulk_create(
        [
            Shift(
                activity=row,
                starts_at=new.starts_at,
                ends_at=new.ends_at,
                places=new.places,
                is_open=row.state == Activity.State.PUBLISHED,
            )
            for new in wanted
            if new.shift_id is None
        ]
    )
    return bool(moved or resized or added or removed)


def _require_nobody_twice(people: Sequence[int]) -> None:
    """After shifts were moved nobody who has a place in them is in two shifts at once."""
    times = (
        SignUp.objects.filter(person_id__in=people, state=SignUp.State.CONFIRMED, shift__ends_at__gt=clock.now())
        .order_by("person_id", "shift__starts_at", "shift__ends_at")
        .values_list("person_id", "shift__starts_at", "shift__ends_at", "shift__activity__title")
    )
    busy_until: dict[int, datetime] = {}
    for person_id, starts_at, ends_at, title in times:
        until = busy_until.get(person_id)
        if until is not None and starts_at < until:
            raise TimeConflict(title=title)
        busy_until[person_id] = ends_at


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
