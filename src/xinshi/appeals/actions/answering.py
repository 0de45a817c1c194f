"""Answering: granted, partly granted, refused, more asked, left open. Never by who had a part in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from xinshi.appeals import access
from xinshi.appeals.actions.applying import Applied, apply
from xinshi.appeals.actions.asking import add_parts, asked_of
from xinshi.appeals.actions.locking import locked_request
from xinshi.appeals.actions.setting_aside import give_back
from xinshi.appeals.actions.telling import note
from xinshi.appeals.domain import Given, RequestState, What, checked_reason, days_kept, outcome, step
from xinshi.appeals.events import CorrectionDecided
from xinshi.appeals.models import CorrectionRequest
from xinshi.appeals.subjects import subject
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.outbox.actions import publish

AS_ASKED = Given()
"""Where no times were asked, there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did; the ids are None where nothing of the kind was made."""

    state: RequestState
    new_record_id: int | None = None
    new_deposit_id: int | None = None
    reversed_deposit_id: int | None = None


@transaction.atomic
def grant(*, actor: Actor, request_id: int, reason: str, given: Given = AS_ASKED) -> Answered:
    """Grant what was asked, or what `given` says instead, and carry it out in the same transaction.

    MinutesSpent where the hours that would be taken back are gone: nothing is done then, and the request stays open.
    """
    reason, at = checked_reason(reason), clock.now()
    row, role = _answerable(actor, request_id)
    step(RequestState(row.state), What.GRANTED)
    give_back(row, actor=actor)
    applied = apply(row, given, actor=actor, reason=reason, at=at)
    what = outcome(asked_of(row), given, minutes=applied.minutes)
    _decide(row, what, actor=actor, role=role, reason=reason, at=at, applied=applied)
    return Answered(
        state=RequestState(row.state),
        new_record_id=applied.new_record_id,
        new_deposit_id=applied.new_deposit_id,
        reversed_deposit_id=applied.reversed_deposit_id,
    )


@transaction.atomic
def refuse(*, actor: Actor, request_id: int, reason: str) -> Answered:
    """Do not grant it, with the reason that the asker reads; what was set aside is free again."""
    reason, at = checked_reason(reason), clock.now()
    row, role = _answerable(actor, request_id)
    step(RequestState(row.state), What.REFUSED)
    give_back(row, actor=actor)
    _decide(row, What.REFUSED, actor=actor, role=role, reason=reason, at=at, applied=Applied())
    return Answered(state=RequestState.REFUSED)


@transaction.atomic
def ask_more(*, actor: Actor, request_id: int, question: str) -> None:
    """Ask the asker for more; the clock stands still until they answer."""
    question, at = checked_reason(question), clock.now()
    row, role = _answerable(actor, request_id)
    state = step(RequestState(row.state), What.MORE_ASKED)
    row.state = CorrectionRequest.State(state.value)
    row.days_left = days_kept(clock.local_day(at), row.due_on)
    row.save(update_fields=["state", "days_left"])
    note(row, What.MORE_ASKED, actor=actor, role=role, at=at, text=question)


@transaction.atomic
def leave_open(*, actor: Actor, request_id: int, reason: str) -> None:
    """Say why it cannot be answered yet, as where hours were spent that would be taken back; the clock goes on."""
    reason, at = checked_reason(reason), clock.now()
    row, role = _answerable(actor, request_id)
    step(RequestState(row.state), What.LEFT_OPEN)
    note(row, What.LEFT_OPEN, actor=actor, role=role, at=at, text=reason)


def _answerable(actor: Actor, request_id: int) -> tuple[CorrectionRequest, str]:
    """The request, locked, and the role in which the actor answers it; who had a part since it was asked counts too."""
    row = locked_request(request_id)
    role = access.role_of(actor, row.level)
    about = subject(row.subject_ref)
    if about is not None:
        add_parts(row, about.parts)
    access.require_independent(actor, row)
    return row, role


def _decide(
    row: CorrectionRequest, what: What, *, actor: Actor, role: str, reason: str, at: datetime, applied: Applied
) -> None:
    row.state = CorrectionRequest.State(what.value)
    row.days_left = None
    row.decided_at, row.decided_by_ref, row.decided_by_person_id = at, actor.reference, actor.person_id
    row.answer = reason
    row.new_record_id, row.new_deposit_id = applied.new_record_id, applied.new_deposit_id
    row.reversed_deposit_id = applied.reversed_deposit_id
    row.save(
        update_fields=[
            "state",
            "days_left",
            "decided_at",
            "decided_by_ref",
            "decided_by_person",
            "answer",
            "new_record_id",
            "new_deposit_id",
            "reversed_deposit_id",
        ]
    )
    note(row, what, actor=actor, role=role, at=at, text=reason)
    publish(CorrectionDecided(request_id=row.pk, kind=row.kind, person_id=row.person_id, outcome=what.value))
