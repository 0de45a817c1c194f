"""Entering presence that is known already (补录): set-based, whatever the number of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from xinshi.activities.access import require_planner
from xinshi.activities.actions import mark_attended, sign_up_many
from xinshi.activities.domain import overlapping_pairs
from xinshi.activities.models import Shift, SignUp
from xinshi.attendance.actions.checking_in import lock_people
from xinshi.attendance.domain import (
    RECORDS_MAX,
    WAYS,
    AlreadyCheckedIn,
    NewRecord,
    PresenceOverlaps,
    check_moment,
    credited_minutes,
    due_day,
    present_minutes,
)
from xinshi.attendance.models import ServiceRecord
from xinshi.audit import actions as audit
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.queries import cards

BATCH_ROWS: Final = 1_000


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
    shifts = Shift.objects.select_related("activity").in_bulk({new.shift_id for new in records})
    if len(shifts) != len({new.shift_id for new in records}):
        raise NotFound
    lock_people([new.person_id for new in records])
    signups = _signups_for(actor, records)
    _require_times(records, shifts)
    at = clock.now()
    rows = ServiceRecord.objects.bulk_create(
        [_row(actor, new, shifts[new.shift_id], signups[new.shift_id, new.person_id], at) for new in records],
        batch_size=BATCH_ROWS,
    )
    mark_attended(signup_ids=[row.signup_id for row in rows], at=at)
    audit.record_many(
        actor=actor,
        action="attendance.enter",
        objects=[
            (f"service-record:{row.pk}", {"through": row.checked_in_through, "present_minutes": row.present_minutes})
            for row in rows
        ],
    )
    return [row.pk for row in rows]


def _signups_for(actor: Actor, records: Sequence[NewRecord]) -> dict[tuple[int, int], int]:
    """The confirmed sign-up by (shift, person); missing ones are made. The people are locked."""
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
    recorded = ServiceRecord.objects.filter(signup_id__in=chosen).values_list("person__name", flat=True).first()
    if recorded is not None or len(set(chosen)) != len(chosen):
        raise AlreadyCheckedIn(name=recorded or _name(_twice(chosen, records)))
    return found


def _twice(chosen: Sequence[int], records: Sequence[NewRecord]) -> int:
    """The person whose sign-up stands in the list a second time."""
    seen: set[int] = set()
    for signup_id, new in zip(chosen, records, strict=True):
        if signup_id in seen:
            return new.person_id
        seen.add(signup_id)
    raise AssertionError("called only where a sign-up is in the list twice")


def _require_times(records: Sequence[NewRecord], shifts: dict[int, Shift]) -> None:
    """On the shift's day, not in the future, and nobody in two services at once."""
    now = clock.now()
    stretches: dict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    days = {shift.pk: clock.local_day(shift.starts_at) for shift in shifts.values()}
    for position, new in enumerate(records):
        check_moment(new.checked_in_at, shift_day=days[new.shift_id], now=now)
        check_moment(new.checked_out_at, shift_day=days[new.shift_id], now=now)
        stretches[new.person_id].append((position, new.checked_in_at, new.checked_out_at))
    known = ServiceRecord.objects.filter(
        person_id__in=stretches,
        state__in=[ServiceRecord.State.SUBMITTED, ServiceRecord.State.APPROVED],
        checked_in_at__lt=max(new.checked_out_at for new in records),
        checked_out_at__gt=min(new.checked_in_at for new in records),
    ).values_list("pk", "person_id", "checked_in_at", "checked_out_at")
    for pk, person_id, start, end in known:
        if end is not None:
            stretches[person_id].append((-pk, start, end))
    for person_id, own in stretches.items():
        if overlapping_pairs(own):
            raise PresenceOverlaps(name=_name(person_id))


def _row(actor: Actor, new: NewRecord, shift: Shift, signup_id: int, at: datetime) -> ServiceRecord:
    present = present_minutes(new.checked_in_at, new.checked_out_at, name="")
    scheduled = clock.whole_minutes_between(shift.starts_at, shift.ends_at)
    return ServiceRecord(
        signup_id=signup_id,
        person_id=new.person_id,
        shift=shift,
        hours_kind=new.hours_kind.value if new.hours_kind else shift.activity.hours_kind,
        state=ServiceRecord.State.SUBMITTED,
        scheduled_minutes=scheduled,
        present_minutes=present,
        credited_minutes=credited_minutes(present=present, scheduled=scheduled),
        checked_in_at=new.checked_in_at,
        checked_in_by_ref=actor.reference,
        checked_in_through=new.through,
        checked_out_at=new.checked_out_at,
        checked_out_by_ref=actor.reference,
        checked_out_through=new.through,
        submitted_at=at,
        due_on=due_day(clock.local_day(shift.ends_at)),
    )


def _name(person_id: int) -> str:
    return cards([person_id])[person_id].name
