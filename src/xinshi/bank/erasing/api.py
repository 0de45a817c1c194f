"""A copy of one's data and having it deleted, for programs: the same actions, the same two people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import FileResponse, HttpRequest
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import StringConstraints

from xinshi.bank.erasing import actions, queries
from xinshi.bank.erasing.models import OPEN_STATES, ErasureRequest
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.errors import NotFound

router = Router()
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=NO_NUL)]


class ErasureOut(Schema):
    """A request; `obstacles` must be settled before it is fulfilled, `pseudonym` is what stays afterwards."""

    id: int
    person_id: int
    state: ErasureRequest.State
    asked_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    answer: str
    pseudonym: str
    obstacles: list[str]


class ErasureNoteIn(Schema):
    """What the person signed at the station, and where the paper is kept."""

    note: Words


class ErasureRefusalIn(Schema):
    reason: Words


@router.post("/me/copy", response={200: None})
def take_a_copy(request: HttpRequest) -> FileResponse:
    """A zip of everything that the hospital holds about the caller, whole; that it was taken is on record."""
    file = actions.take_copy(actor=actor_of(request))
    return FileResponse(file, as_attachment=True, filename="my-data.zip", content_type="application/zip")


@router.get("/me/erasure", response=ErasureOut)
def show_my_erasure(request: HttpRequest) -> ErasureOut:
    """The caller's request that waits, or their last one."""
    row = queries.own_request(actor_of(request))
    if row is None:
        raise NotFound
    return _erasure(row)


@router.post("/me/erasure", response={201: ErasureOut})
@idempotent
def ask_for_my_erasure(request: HttpRequest) -> Status[ErasureOut]:
    """Ask that one's personal data be deleted; two people decide."""
    made = actions.ask_to_be_erased(actor=actor_of(request))
    return Status(201, _erasure(ErasureRequest.objects.get(pk=made)))


@router.post("/me/erasure/withdrawal", response={204: None})
def withdraw_my_erasure(request: HttpRequest) -> Status[None]:
    """Take one's own request back."""
    actions.withdraw_erasure(actor=actor_of(request))
    return Status(204, None)


@router.get("/erasures", response=CursorPage[ErasureOut])
def list_erasures(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Every request, newest first; coordinators and administrators."""
    rows = queries.erasures(actor_of(request)).order_by()
    return cursor_page(rows, cursor=cursor, limit=limit, render=_erasure)


@router.post("/people/{person_id}/erasure", response={201: ErasureOut})
@idempotent
def enter_an_erasure(request: HttpRequest, person_id: Identifier, payload: ErasureNoteIn) -> Status[ErasureOut]:
    """The station writes the wish down for somebody who signed it."""
    actor = actor_of(request)
    made = actions.enter_erasure(actor=actor, person_id=person_id, note=payload.note)
    return Status(201, _erasure(queries.erasure(actor, made).row))


@router.post("/erasures/{erasure_id}/acceptance", response=ErasureOut)
@idempotent
def accept_an_erasure(request: HttpRequest, erasure_id: Identifier) -> ErasureOut:
    """The first of the two."""
    actor = actor_of(request)
    actions.accept_erasure(actor=actor, erasure_id=erasure_id)
    return _erasure(queries.erasure(actor, erasure_id).row)


@router.post("/erasures/{erasure_id}/refusal", response=ErasureOut)
@idempotent
def refuse_an_erasure(request: HttpRequest, erasure_id: Identifier, payload: ErasureRefusalIn) -> ErasureOut:
    """It cannot be done now; the person is told why."""
    actor = actor_of(request)
    actions.refuse_erasure(actor=actor, erasure_id=erasure_id, reason=payload.reason)
    return _erasure(queries.erasure(actor, erasure_id).row)


@router.post("/erasures/{erasure_id}/execution", response=ErasureOut)
@idempotent
def erase_a_person(request: HttpRequest, erasure_id: Identifier) -> ErasureOut:
    """The second of the two deletes, for ever. Refused for who accepted it."""
    actor = actor_of(request)
    actions.erase_person(actor=actor, erasure_id=erasure_id)
    return _erasure(queries.erasure(actor, erasure_id).row)


def _erasure(row: ErasureRequest) -> ErasureOut:
    is_open = row.state in OPEN_STATES
    return ErasureOut(
        id=row.pk,
        person_id=row.person_id,
        state=ErasureRequest.State(row.state),
        asked_at=row.asked_at,
        accepted_at=row.accepted_at,
        decided_at=row.decided_at,
        answer=row.answer,
        pseudonym=row.pseudonym,
        obstacles=[str(one) for one in queries.erasing_obstacles(row.person_id)] if is_open else [],
    )
