"""Qualifications with their proofs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query
from ninja.files import UploadedFile

from xinshi.archive import actions, queries
from xinshi.archive.api.schemas import (
    Cursor,
    Identifier,
    Limit,
    MadeOut,
    QualificationIn,
    QualificationOut,
    VerifyIn,
    WhyIn,
)
from xinshi.archive.api.shell import router
from xinshi.archive.models import Qualification
from xinshi.archive.queries import QualificationCard
from xinshi.documents.evidence import check_size
from xinshi.documents.storing import evidence_response
from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel import clock


@router.get("/people/{person_id}/qualifications", response=list[QualificationOut])
def list_qualifications_of(request: HttpRequest, person_id: Identifier) -> list[QualificationOut]:
    """What somebody has and had, newest first, at most 100."""
    return [_qualification(card) for card in queries.of_person(actor_of(request), person_id)]


@router.post("/people/{person_id}/qualifications", response=MadeOut)
@idempotent
def submit_qualification(
    request: HttpRequest, person_id: Identifier, payload: Form[QualificationIn], file: File[UploadedFile | None] = None
) -> MadeOut:
    """Hand in a qualification with one photo or PDF; by oneself, or by the station on behalf of somebody."""
    if file is not None:
        check_size(file.size or 0)
    made = actions.submit(
        actor=actor_of(request),
        person_id=person_id,
        kind_id=payload.kind_id,
        number=payload.number,
        issued_by=payload.issued_by,
        issued_on=payload.issued_on,
        expires_on=payload.expires_on,
        proofs=[file.read()] if file is not None else [],
        is_seen=payload.is_seen,
    )
    return MadeOut(id=made)


@router.get("/qualifications", response=CursorPage[QualificationOut])
def list_qualifications(
    request: HttpRequest,
    state: Literal["", "submitted", "verified", "refused", "revoked"] = "",
    kind_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Everybody's, newest first; for those who keep or audit the archive."""
    today = clock.today()

    def render(row: Qualification) -> QualificationOut:
        return _qualification(queries.card_of(row, today=today))

    rows = queries.search(actor_of(request), state=state, kind_id=kind_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=render)


@router.get("/qualifications/running-out", response=list[QualificationOut])
def list_running_out(
    request: HttpRequest, days: Annotated[int, Query(ge=1, le=366)] = 90, limit: Limit = 200
) -> list[QualificationOut]:
    """What runs out within so many days and was not renewed, soonest first."""
    rows = queries.running_out(actor_of(request), days=days)[:limit]
    today = clock.today()
    return [_qualification(queries.card_of(row, today=today)) for row in rows]


@router.get("/qualifications/{qualification_id}", response=QualificationOut)
def show_qualification(request: HttpRequest, qualification_id: Identifier) -> QualificationOut:
    return _qualification(queries.detail(actor_of(request), qualification_id).card)


@router.post("/qualifications/{qualification_id}/verify", response=QualificationOut)
@idempotent
def verify_qualification(request: HttpRequest, qualification_id: Identifier, payload: VerifyIn) -> QualificationOut:
    """The proof holds; never one's own."""
    actor = actor_of(request)
    actions.verify(actor=actor, qualification_id=qualification_id, expires_on=payload.expires_on)
    return _qualification(queries.detail(actor, qualification_id).card)


@router.post("/qualifications/{qualification_id}/refuse", response=QualificationOut)
@idempotent
def refuse_qualification(request: HttpRequest, qualification_id: Identifier, payload: WhyIn) -> QualificationOut:
    actor = actor_of(request)
    actions.refuse(actor=actor, qualification_id=qualification_id, reason=payload.reason)
    return _qualification(queries.detail(actor, qualification_id).card)


@router.post("/qualifications/{qualification_id}/revoke", response=QualificationOut)
@idempotent
def revoke_qualification(request: HttpRequest, qualification_id: Identifier, payload: WhyIn) -> QualificationOut:
    actor = actor_of(request)
    actions.revoke(actor=actor, qualification_id=qualification_id, reason=payload.reason)
    return _qualification(queries.detail(actor, qualification_id).card)


@router.get("/proofs/{proof_id}", response={200: None})
def download_proof(request: HttpRequest, proof_id: Identifier) -> HttpResponse:
    """A photo or PDF, for its owner and for the station."""
    found, data = queries.proof_of(actor_of(request), proof_id)
    return evidence_response(data, content_type=found.content_type, name=f"proof-{found.pk}")


def _qualification(card: QualificationCard) -> QualificationOut:
    return QualificationOut(
        id=card.id,
        person_id=card.person_id,
        code=card.code,
        name=card.name,
        category=card.category,
        standing=card.standing,
        masked_number=card.masked_number,
        issued_by=card.issued_by,
        issued_on=card.issued_on,
        expires_on=card.expires_on,
        submitted_at=card.submitted_at,
        reason=card.reason,
    )
