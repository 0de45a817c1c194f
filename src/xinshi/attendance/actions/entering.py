"""Entering presence that is known already (补录): set-based, whatever the number of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from xinshi.activities.access import require_planner
from xinshi.activities.actions import mark_attended, sign_up_many
from xinshi.activities.domain import ReasonMissing
from xinshi.activities.models import Shift, SignUp
from xinshi.attendance.actions.checking_in import lock_people
from xinshi.attendance.actions.submitting import SUBMITTED_FIELDS, name_of, require_no_overlap, submit
from xinshi.attendance.domain import (
    REASON_LENGTH_MAX,
    RECORDS_MAX,
    WAYS,
    AlreadyCheckedIn,
    NewRecord,
    StillCheckedIn,
    check_moment,
)
from xinshi.attendance.models import ServiceRecord
from xinshi.audit import actions as audit
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotFound

BATCH_ROWS: Final = 1_000
CHECK_IN_FIELDS: Final = ["hours_kind", "checked_in_at", "checked_in_by_ref", "checked_in_through", "entry_reason"]


@transaction.atomic
def record_many(*, actor: Actor, records: Sequence[NewRecord]) -> list[int]:
    """Enter presence for many people, all or none; the records' ids in the order given, submitted for approval.

    Planners only. Who was not signed up for the shift gets a place in it, so a shift never has more people than places.
    """
    require_planner(actor)
    assert len(records) <= RECORDS_MAX, f"at most {RECORDS_MAX} records at once"
    assert all(new.through in WAYS for new in records), "a way of entering is a code that this room knows"
    if not records:
        return []
    if any(new.through == "entered" and not new.reason.strip() for new in records):
        raise ReasonMissing
    lock_people({new.person_id for new in records})
    shifts = Shift.objects.select_related("activity").in_bulk({new.shift_id for new in records})
    if len(shifts) != len({new.shift_id for new in records}):
        raise NotFound
    signups, withdrawn = _signups_for(actor, records)
    at = clock.now()
    days = {shift.pk: clock.local_day(shift.starts_at) for shift in shifts.values()}
    rows = []
    for new in records:
        check_moment(new.checked_in_at, shift_day=days[new.shift_id], now=at)
        check_moment(new.checked_out_at, shift_day=days[new.shift_id], now=at)
        rows.append(_row(actor, new, shifts[new.shift_id], signups[new.shift_id, new.person_id], at))
    require_no_overlap(rows)
    _require_not_there(rows)
    _write(rows, withdrawn)
    mark_attended(signup_ids=[row.own_signup_id for row in rows], at=at)
    audit.record_many(
        actor=actor,
        action="attendance.enter",
        objects=[
            (f"service-record:{row.pk}", {"through": row.checked_in_through, "present_minutes": row.present_minutes})
            for row in rows
        ],
    )
    return [row.pk for row in rows]


def _signups_for(actor: Actor, records: Sequence[NewRecord]) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    """The confirmed sign-up by (shift, person), missing ones made; and the withdrawn record by sign-up."""
    wanted = [(new.shift_id, new.person_id) for new in records]
    known = {
        (shift_id, person_id): pk
        for pk, shift_id, person_id in SignUp.objects.filter(
            state=SignUp.State.CONFIRMED,
            shift_id__in={shift_id for shift_id, _person in wanted},
        ).values_list("pk", "shift_id", "person_id")
    }
    missing = [pair for pair in dict.fromkeys(wanted) if pair not in known]
    made = sign_up_many(actor=actor, signups=missing)
    found = known | dict(zip(missing, made, strict=True))
    chosen = [found[pair] for pair in wanted]
    if len(set(chosen)) != len(chosen):
        raise AlreadyCheckedIn(name=name_of(_twice(chosen, records)))
    withdrawn: dict[int, int] = {}
    recorded = ServiceRecord.objects.filter(signup_id__in=chosen).values_list("pk", "signup_id", "person_id", "state")
    for pk, signup_id, person_id, state in recorded:
        if state != ServiceRecord.State.WITHDRAWN:
            raise AlreadyCheckedIn(name=name_of(person_id))
        withdrawn[signup_id] = pk
    return found, withdrawn


def _twice(chosen: Sequence[int], records: Sequence[NewRecord]) -> int:
    """The person whose sign-up stands in the list a second time."""
    seen: set[int] = set()
    for signup_id, new in zip(chosen, records, strict=True):
        if signup_id in seen:
            return new.person_id
        seen.add(signup_id)
    raise AssertionError("called only where a sign-up is in the list twice")


def _require_not_there(rows: Sequence[ServiceRecord]) -> None:
    """Nobody was checked in elsewhere meanwhile, and is still: where that ends is not known yet."""
    still = ServiceRecord.objects.filter(
        person_id__in={row.person_id for row in rows},
        state=ServiceRecord.State.OPEN,
        checked_in_at__lt=max(row.checked_out_at or row.checked_in_at for row in rows),
    ).values_list("person_id", "checked_in_at", "shift__ends_at", "shift__activity__title")
    there: dict[int, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for person_id, since, until, title in still:
        there[person_id].append((since, until, title))
    for row in rows:
        for since, until, title in there[row.person_id]:
            if row.checked_out_at is not None and since < row.checked_out_at and row.checked_in_at < until:
                raise StillCheckedIn(name=name_of(row.person_id), title=title)


def _write(rows: Sequence[ServiceRecord], withdrawn: Mapping[int, int]) -> None:
    """New rows; those whose check-in had been taken back are used again."""
    fresh: list[ServiceRecord] = []
    again: list[ServiceRecord] = []
    for row in rows:
        (again if row.signup_id in withdrawn else fresh).append(row)
    ServiceRecord.objects.bulk_create(fresh, batch_size=BATCH_ROWS)
    for row in again:
        row.pk = withdrawn[row.own_signup_id]
    if again:
        ServiceRecord.objects.bulk_update(again, [*SUBMITTED_FIELDS, *CHECK_IN_FIELDS], batch_size=BATCH_ROWS)


def _row(actor: Actor, new: NewRecord, shift: Shift, signup_id: int, at: datetime) -> ServiceRecord:
    is_entered = new.through == "entered"
    row = ServiceRecord(
        signup_id=signup_id,
        person_id=new.person_id,
        shift=shift,
        hours_kind=HoursKind.HONORARY.value if is_entered else shift.activity.hours_kind,
        checked_in_at=new.checked_in_at,
        checked_in_by_ref=actor.reference,
        checked_in_through=new.through,
        entry_reason=new.reason.strip()[:REASON_LENGTH_MAX] if is_entered else "",
        checked_out_at=new.checked_out_at,
        checked_out_by_ref=actor.reference,
        checked_out_through=new.through,
    )
    submit(row, shift, at)
    return row
