"""What the asker does while the request is open: add to it, or withdraw it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from xinshi.appeals import access
from xinshi.appeals.actions.asking import add_evidence
from xinshi.appeals.actions.locking import locked_request
from xinshi.appeals.actions.setting_aside import give_back
from xinshi.appeals.actions.telling import note
from xinshi.appeals.domain import (
    ADDITIONS_MAX,
    EVIDENCE_MAX,
    RequestState,
    TooManyAdditions,
    TooMuchEvidence,
    What,
    checked_text,
    due_again,
    step,
)
from xinshi.appeals.models import CorrectionRequest
from xinshi.appeals.storing import EVIDENCE
from xinshi.documents.storing import StoredFile
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor


def give_more(*, actor: Actor, request_id: int, text: str, evidence: Sequence[bytes] = ()) -> None:
    """Say more, with more evidence; where more had been asked, the clock goes on with the days that were left."""
    if len(evidence) > EVIDENCE_MAX:
        raise TooMuchEvidence(number=EVIDENCE_MAX)
    with EVIDENCE.stored(evidence) as files:
        _give_more(actor=actor, request_id=request_id, text=text, files=files)


@transaction.atomic
def _give_more(*, actor: Actor, request_id: int, text: str, files: Sequence[StoredFile]) -> None:
    text, at = checked_text(text), clock.now()
    row = locked_request(request_id)
    role = access.require_asker(actor, row)
    state = step(RequestState(row.state), What.MORE_GIVEN)
    if row.events.filter(what=What.MORE_GIVEN).count() >= ADDITIONS_MAX:
        raise TooManyAdditions
    if row.days_left is not None:
        row.due_on = due_again(clock.local_day(at), days_left=row.days_left)
    row.state, row.days_left = CorrectionRequest.State(state.value), None
    row.save(update_fields=["state", "days_left", "due_on"])
    add_evidence(row, files, actor=actor, at=at)
    note(row, What.MORE_GIVEN, actor=actor, role=role, at=at, text=text)


@transaction.atomic
def withdraw(*, actor: Actor, request_id: int) -> None:
    """The asker does not want it any more; what was set aside is free again."""
    row = locked_request(request_id)
    role = access.require_asker(actor, row)
    state = step(RequestState(row.state), What.WITHDRAWN)
    give_back(row, actor=actor)
    row.state, row.days_left = CorrectionRequest.State(state.value), None
    row.save(update_fields=["state", "days_left"])
    note(row, What.WITHDRAWN, actor=actor, role=role, at=clock.now())
