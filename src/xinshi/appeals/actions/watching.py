"""The clock: what was not answered in time goes one level up, once; what is late there is said, once."""

from __future__ import annotations

from django.db import transaction

from xinshi.appeals.actions.telling import note
from xinshi.appeals.domain import FIRST_LEVEL, SECOND_LEVEL, RequestState, What, first_due
from xinshi.appeals.models import CorrectionRequest
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed

AT_ONCE_MAX = 500


def escalate_overdue(*, actor: Actor, limit: int = AT_ONCE_MAX) -> int:
    """Take what is overdue one level up, each in a transaction of its own; returns how many. For the worker."""
    if not actor.is_system:
        raise NotAllowed
    late = CorrectionRequest.objects.filter(state=RequestState.OPEN, due_on__lt=clock.today(), overdue_told_at=None)
    found = list(late.order_by("due_on", "pk").values_list("pk", flat=True)[:limit])
    return sum(_escalate(actor, request_id) for request_id in found)


@transaction.atomic
def _escalate(actor: Actor, request_id: int) -> bool:
    """False where it was answered, paused or taken up meanwhile."""
    row = CorrectionRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    today, at = clock.today(), clock.now()
    if row.state != RequestState.OPEN or row.due_on >= today or row.overdue_told_at is not None:
        return False
    if row.level == FIRST_LEVEL:
        row.level, row.escalated_at = SECOND_LEVEL, at
        row.due_on = first_due(today, answer_days=policy_in_force().rules.appeal_answer_days)
        row.save(update_fields=["level", "escalated_at", "due_on"])
        note(row, What.ESCALATED, actor=actor, role="system", at=at)
        return True
    row.overdue_told_at = at
    row.save(update_fields=["overdue_told_at"])
    note(row, What.OVERDUE, actor=actor, role="system", at=at)
    return True
