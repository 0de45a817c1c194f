"""Checking people out, which submits their record, and correcting times that were taken down wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from xinshi.activities.domain import ReasonMissing
from xinshi.attendance import access
from xinshi.attendance.actions.checking_in import AT_ONCE_MAX, lock_people
from xinshi.attendance.actions.submitting import SUBMITTED_FIELDS, require_no_overlap, submit
from xinshi.attendance.domain import CLOSED_BY_RULE, REASON_LENGTH_MAX, WAYS, NotCheckedIn, RecordDecided, check_moment
from xinshi.attendance.models import Correction, ServiceRecord
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many


@transaction.atomic
def check_out(
    *, actor: Actor, record_ids: Sequence[int], at: datetime | None = None, through: str = "leader"
) -> list[int]:
    """Close open records, all or none, and submit them for approval; returns their ids.

    `at` is when they really left (now by default): on the day of the shift, not in the future.
    """
    assert through in WAYS, "a way of checking out is a code that this room knows"
    assert len(record_ids) <= AT_ONCE_MAX, f"at most {AT_ONCE_MAX} people at once"
    rows = _locked(actor, record_ids)
    now = clock.now()
    moment = at or now
    for row in rows:
        if row.state != ServiceRecord.State.OPEN:
            raise NotCheckedIn
        check_moment(moment, shift_day=clock.local_day(row.shift.starts_at), now=now)
        row.checked_out_at, row.checked_out_by_ref, row.checked_out_through = moment, actor.reference, through
        submit(row, row.shift, now)
    require_no_overlap(rows)
    ServiceRecord.objects.bulk_update(rows, SUBMITTED_FIELDS, batch_size=500)
    record_many(
        actor=actor,
        action="attendance.check_out",
        objects=[
            (f"service-record:{row.pk}", {"through": through, "present_minutes": row.present_minutes}) for row in rows
        ],
    )
    return [row.pk for row in rows]


@transaction.atomic
def correct_presence(
    *, actor: Actor, record_id: int, checked_in_at: datetime, checked_out_at: datetime, reason: str
) -> int:
    """Put both times right and submit the record anew: a forgotten check-out, a wrong time, a refused record.

    The old times stay on record, the volunteer is told; approvals given before are asked for again. Returns the record's id.
    """
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    row = _locked(actor, [record_id])[0]
    if row.state == ServiceRecord.State.APPROVED:
        raise RecordDecided
    if row.state == ServiceRecord.State.WITHDRAWN:
        raise NotCheckedIn
    day, now = clock.local_day(row.shift.starts_at), clock.now()
    check_moment(checked_in_at, shift_day=day, now=now)
    check_moment(checked_out_at, shift_day=day, now=now)
    _keep_old(actor, row, reason, now)
    if row.checked_out_through == CLOSED_BY_RULE and row.checked_in_through != "entered":
        row.hours_kind = row.shift.activity.hours_kind  # Who leads says when the person left: that is a sign-out.
    if row.state in (ServiceRecord.State.SUBMITTED, ServiceRecord.State.REFUSED):
        row.submission += 1
    row.checked_in_at, row.checked_out_at = checked_in_at, checked_out_at
    row.checked_out_by_ref, row.checked_out_through = actor.reference, "entered"
    row.levels_approved, row.decided_at, row.decided_by_ref, row.decided_by_person_id = 0, None, "", None
    row.refusal_reason = ""
    submit(row, row.shift, now)
    require_no_overlap([row])
    decision_fields = ["levels_approved", "decided_at", "decided_by_ref", "decided_by_person", "refusal_reason"]
    row.save(update_fields=[*SUBMITTED_FIELDS, *decision_fields, "checked_in_at", "submission", "hours_kind"])
    record(actor=actor, action="attendance.correct", object_ref=f"service-record:{row.pk}", minutes=row.present_minutes)
    _tell_corrected(row, reason, now)
    return row.pk


def _keep_old(actor: Actor, row: ServiceRecord, reason: str, now: datetime) -> None:
    Correction.objects.create(
        record=row,
        corrected_at=now,
        corrected_by_ref=actor.reference,
        reason=reason,
        old_state=row.state,
        old_checked_in_at=row.checked_in_at,
        old_checked_out_at=row.checked_out_at,
        old_refusal_reason=row.refusal_reason,
    )


def _tell_corrected(row: ServiceRecord, reason: str, now: datetime) -> None:
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{row.person_id}",
                text=gettext_noop("The times of your service in “%(title)s” were corrected: %(reason)s"),
                parameters={"title": row.shift.activity.title, "reason": reason},
                object_ref=f"service-record:{row.pk}",
                key=f"service-record:{row.pk}:corrected:{now.isoformat()}",
            )
        ]
    )


def _locked(actor: Actor, record_ids: Sequence[int]) -> list[ServiceRecord]:
    """The records with shift and activity; their people locked first. NotFound where the actor leads not."""
    wanted = set(record_ids)
    lock_people(ServiceRecord.objects.filter(pk__in=wanted).values("person_id"))
    rows = access.workable_by(actor).filter(pk__in=wanted).select_for_update(of=("self",)).order_by("pk")
    found = list(rows.select_related("shift__activity"))
    if len(found) != len(wanted) or not wanted:
        raise NotFound
    return found
