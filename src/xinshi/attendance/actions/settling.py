"""Carrying out what was decided on a request for correction: an approved, refused or open record is replaced by a new one.

Nothing of the old record is changed but its state. The decision is somebody's who had no part in the record, so the new one
is approved and deposited at once, whatever the number of levels. Locks: the person, the record, then the bank's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from xinshi.activities.access import require_planner
from xinshi.activities.domain import ReasonMissing
from xinshi.activities.models import Shift
from xinshi.attendance.actions.approving import approve_settled
from xinshi.attendance.actions.checking_in import lock_people
from xinshi.attendance.actions.entering import record_many
from xinshi.attendance.actions.submitting import require_no_overlap, submit
from xinshi.attendance.domain import (
    REASON_LENGTH_MAX,
    HadPart,
    NewRecord,
    NoShiftThatDay,
    NotCheckedIn,
    RecordReplaced,
    check_moment,
    kind_once_corrected,
)
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.queries import parts_in_record
from xinshi.audit.actions import record as audit
from xinshi.bank.actions import DepositResult, reverse_deposit
from xinshi.bank.models import Deposit
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger.domain import InsufficientMinutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The new record with its deposit; `reversed_deposit_id` is None where nothing had been deposited before."""

    record_id: int
    deposit_id: int
    minutes: int
    reversed_deposit_id: int | None = None


@transaction.atomic
def settle_record(
    *, actor: Actor, record_id: int, checked_in_at: datetime, checked_out_at: datetime, reason: str
) -> Settled:
    """Replace a record by one with these times, approve it, and take the old deposit back where there is one.

    HadPart for whoever served, took it down or decided on it. InsufficientMinutes where the hours that would go were spent
    already. The times lie in a shift of the same activity, on whatever day.
    """
    require_planner(actor)
    reason = _reason(reason)
    old = _locked(record_id)
    if {actor.reference, f"person:{actor.person_id}"} & set(parts_in_record(record_id)):
        raise HadPart
    if old.state == ServiceRecord.State.REPLACED:
        raise RecordReplaced
    if old.state == ServiceRecord.State.WITHDRAWN:
        raise NotCheckedIn
    shift, now = _shift_at(old, checked_in_at, checked_out_at), clock.now()
    for moment in (checked_in_at, checked_out_at):
        check_moment(moment, shift_day=clock.local_day(shift.starts_at), now=now)
    row = _corrected(actor, old, shift, (checked_in_at, checked_out_at), reason)
    submit(row, shift, now)
    ServiceRecord.objects.filter(pk=old.pk).update(state=ServiceRecord.State.REPLACED)
    require_no_overlap([row])
    row.save(force_insert=True)
    result, reversed_id = _exchange_deposits(actor, old, row, reason)
    audit(
        actor=actor,
        action="attendance.settle",
        object_ref=f"service-record:{row.pk}",
        replaces=old.pk,
        minutes=row.credited_minutes,
    )
    return Settled(
        record_id=row.pk, deposit_id=result.deposit_id, minutes=result.minutes, reversed_deposit_id=reversed_id
    )


@transaction.atomic
def settle_missing(
    *, actor: Actor, person_id: int, shift_id: int, checked_in_at: datetime, checked_out_at: datetime, reason: str
) -> Settled:
    """Enter service that was never taken down (补录): honorary hours, approved at once; never one's own."""
    require_planner(actor)
    if person_id == actor.person_id:
        raise HadPart
    new = NewRecord(
        shift_id=shift_id,
        person_id=person_id,
        checked_in_at=checked_in_at,
        checked_out_at=checked_out_at,
        reason=_reason(reason),
    )
    (record_id,) = record_many(actor=actor, records=[new])
    (result,) = approve_settled(actor=actor, rows=[_with_activity(record_id)])
    return Settled(record_id=record_id, deposit_id=result.deposit_id, minutes=result.minutes)


def _reason(typed: str) -> str:
    reason = typed.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    return reason


def _locked(record_id: int) -> ServiceRecord:
    lock_people(ServiceRecord.objects.filter(pk=record_id).values("person_id"))
    rows = ServiceRecord.objects.select_for_update(of=("self",)).select_related("shift__activity__organizer")
    found = rows.filter(pk=record_id).first()
    if found is None:
        raise NotFound
    return found


def _with_activity(record_id: int) -> ServiceRecord:
    return ServiceRecord.objects.select_related("shift__activity__organizer").get(pk=record_id)


def _shift_at(old: ServiceRecord, start: datetime, end: datetime) -> Shift:
    """The record's own shift, where the times meet it, else another of the same activity."""
    if old.shift.starts_at < end and start < old.shift.ends_at:
        return old.shift
    others = Shift.objects.select_related("activity__organizer").filter(activity_id=old.shift.activity_id)
    found = others.filter(starts_at__lt=end, ends_at__gt=start).order_by("starts_at").first()
    if found is None:
        raise NoShiftThatDay(title=old.shift.activity.title, day=clock.local_day(start))
    return found


def _corrected(
    actor: Actor, old: ServiceRecord, shift: Shift, becomes: tuple[datetime, datetime], reason: str
) -> ServiceRecord:
    """The new row: what stands of sign-in and sign-out is kept with who took it down, the rest is entered afterwards."""
    is_in_kept, is_out_kept = becomes[0] == old.checked_in_at, becomes[1] == old.checked_out_at
    kind = kind_once_corrected(
        kind=old.hours_kind,
        was=(old.checked_in_at, old.checked_out_at),
        becomes=becomes,
        through=(old.checked_in_through, old.checked_out_through),
    )
    return ServiceRecord(
        replaces=old,
        person_id=old.person_id,
        shift=shift,
        hours_kind=kind,
        checked_in_at=becomes[0],
        checked_in_by_ref=old.checked_in_by_ref if is_in_kept else actor.reference,
        checked_in_through=old.checked_in_through if is_in_kept else "entered",
        checked_out_at=becomes[1],
        checked_out_by_ref=old.checked_out_by_ref if is_out_kept else actor.reference,
        checked_out_through=old.checked_out_through if is_out_kept else "entered",
        entry_reason=reason,
    )


def _exchange_deposits(
    actor: Actor, old: ServiceRecord, row: ServiceRecord, reason: str
) -> tuple[DepositResult, int | None]:
    """The old deposit goes and the new one comes. Spent minutes are no obstacle as long as the new deposit covers them."""
    standing = Deposit.objects.filter(pk=old.deposit_id or 0, reversal=None).values_list("pk", flat=True).first()
    if standing is None:
        return approve_settled(actor=actor, rows=[row])[0], None
    try:
        with transaction.atomic():
            reverse_deposit(actor=actor, deposit_id=standing, reason=reason)
            return approve_settled(actor=actor, rows=[row])[0], standing
    except InsufficientMinutes:
        result = approve_settled(actor=actor, rows=[row])[0]
        reverse_deposit(actor=actor, deposit_id=standing, reason=reason)
        return result, standing
