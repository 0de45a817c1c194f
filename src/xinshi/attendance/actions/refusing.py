"""Refusing service records, with a reason that the volunteer reads."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from xinshi.activities.domain import ReasonMissing
from xinshi.attendance import access
from xinshi.attendance.domain import REASON_LENGTH_MAX, RECORDS_MAX, Decided, LeftOut, NothingChosen
from xinshi.attendance.events import RecordRefused
from xinshi.attendance.models import ServiceRecord
from xinshi.audit.actions import record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish_many


@transaction.atomic
def refuse(*, actor: Actor, record_ids: Sequence[int], reason: str) -> Decided:
    """Refuse submitted records; nothing is deposited. Who may approve at any level may refuse, never their own."""
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    wanted = set(record_ids)
    if not wanted:
        raise NothingChosen
    assert len(wanted) <= RECORDS_MAX, f"at most {RECORDS_MAX} records at once"
    found = access.workable_by(actor).filter(pk__in=wanted).select_for_update(of=("self",)).order_by("pk")
    rows = list(found.select_related("shift__activity"))
    if not rows:
        raise NotFound
    left_out = {row.pk: why for row in rows if (why := _why_not(actor, row)) is not None}
    refused = [row for row in rows if row.pk not in left_out]
    left_out |= dict.fromkeys(wanted.difference(row.pk for row in rows), LeftOut.NOT_FOUND)
    ServiceRecord.objects.filter(pk__in=[row.pk for row in refused]).update(
        state=ServiceRecord.State.REFUSED,
        refusal_reason=reason,
        decided_at=clock.now(),
        decided_by_ref=actor.reference,
        decided_by_person_id=actor.person_id,
    )
    record_many(
        actor=actor,
        action="attendance.refuse",
        objects=[(f"service-record:{row.pk}", {}) for row in refused],
    )
    _tell(refused, reason)
    return Decided(done=len(refused), left_out=left_out)


def _why_not(actor: Actor, row: ServiceRecord) -> LeftOut | None:
    if actor.person_id is not None and row.person_id == actor.person_id:
        return LeftOut.OWN
    if row.state == ServiceRecord.State.OPEN:
        return LeftOut.STILL_OPEN
    return None if row.state == ServiceRecord.State.SUBMITTED else LeftOut.DECIDED


def _tell(rows: Sequence[ServiceRecord], reason: str) -> None:
    publish_many(
        RecordRefused(record_id=row.pk, person_id=row.person_id, activity_id=row.shift.activity_id) for row in rows
    )
    send_many(
        NewMessage(
            recipient_ref=f"person:{row.person_id}",
            text=gettext_noop("Your service in “%(title)s” was not approved: %(reason)s"),
            parameters={"title": row.shift.activity.title, "reason": reason},
            object_ref=f"service-record:{row.pk}",
            key=f"service-record:{row.pk}:refused:{row.submission}",
        )
        for row in rows
    )
