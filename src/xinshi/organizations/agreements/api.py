"""Agreements for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import File, Path, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from xinshi.documents.evidence import check_size
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.organizations.agreements import actions, queries
from xinshi.organizations.domain import AgreementStanding
from xinshi.organizations.models import Agreement

router = Router()
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]


class AgreementIn(Schema):
    """Both days belong to it; `contact` is kept sealed."""

    title: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
    covers: Annotated[str, Field(min_length=1, max_length=2000, pattern=NO_NUL)]
    starts_on: date
    ends_on: date
    signed_on: date | None = None
    contact: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = ""

    def terms(self) -> actions.Terms:
        return actions.Terms(
            title=self.title,
            covers=self.covers,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            signed_on=self.signed_on,
            contact=self.contact,
        )


class NewAgreementIn(AgreementIn):
    renews_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None


class AgreementOut(Schema):
    """`standing` is how it stands today, by its state and its dates."""

    id: int
    organization_id: int
    title: str
    covers: str
    contact: str
    signed_on: date | None
    starts_on: date
    ends_on: date
    standing: AgreementStanding
    ended_on: date | None
    ended_because: str
    renews_id: int | None


class AgreementEventOut(Schema):
    what: str
    at: datetime
    note: str


class AgreementScanOut(Schema):
    id: int
    content_type: str
    size_bytes: int
    added_at: datetime


class AgreementHistoryOut(Schema):
    files: list[AgreementScanOut]
    events: list[AgreementEventOut]


class SigningIn(Schema):
    signed_on: date


class EndingIn(Schema):
    because: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]


@router.get("/agreements", response=CursorPage[AgreementOut])
def list_agreements(
    request: HttpRequest,
    standing: AgreementStanding | None = None,
    organization_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """All for the station and the auditor; for who keeps an organisation, its own."""
    rows = queries.agreements(actor_of(request), state=standing or "", organization_id=organization_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_out)


@router.post("/{int:organization_id}/agreements", response=AgreementOut)
@idempotent
def draft_agreement(request: HttpRequest, organization_id: Identifier, payload: NewAgreementIn) -> AgreementOut:
    made = actions.draft_agreement(
        actor=actor_of(request),
        organization_id=organization_id,
        terms=payload.terms(),
        renews_id=payload.renews_id,
    )
    return _shown(request, made)


@router.get("/agreements/{agreement_id}", response=AgreementOut)
def show_agreement(request: HttpRequest, agreement_id: Identifier) -> AgreementOut:
    return _shown(request, agreement_id)


@router.get("/agreements/{agreement_id}/history", response=AgreementHistoryOut)
def agreement_history(request: HttpRequest, agreement_id: Identifier) -> object:
    actor = actor_of(request)
    return queries.history(actor, queries.agreement(actor, agreement_id))


@router.put("/agreements/{agreement_id}", response=AgreementOut)
@idempotent
def change_agreement(request: HttpRequest, agreement_id: Identifier, payload: AgreementIn) -> AgreementOut:
    """Change a draft; what was signed stays."""
    actions.change_draft(actor=actor_of(request), agreement_id=agreement_id, terms=payload.terms())
    return _shown(request, agreement_id)


@router.post("/agreements/{agreement_id}/signing", response=AgreementOut)
@idempotent
def put_agreement_in_force(request: HttpRequest, agreement_id: Identifier, payload: SigningIn) -> AgreementOut:
    actions.put_in_force(actor=actor_of(request), agreement_id=agreement_id, signed_on=payload.signed_on)
    return _shown(request, agreement_id)


@router.post("/agreements/{agreement_id}/ending", response=AgreementOut)
@idempotent
def end_agreement(request: HttpRequest, agreement_id: Identifier, payload: EndingIn) -> AgreementOut:
    actions.end_agreement(actor=actor_of(request), agreement_id=agreement_id, because=payload.because)
    return _shown(request, agreement_id)


@router.post("/agreements/{agreement_id}/files", response=AgreementHistoryOut)
@idempotent(in_one_transaction=False)
def add_agreement_scan(request: HttpRequest, agreement_id: Identifier, file: File[UploadedFile]) -> object:
    """Keep a scan (PDF or photo, at most 10 MB), sealed."""
    actor = actor_of(request)
    check_size(file.size or 0)
    actions.add_files(actor=actor, agreement_id=agreement_id, files=[file.read()])
    return queries.history(actor, queries.agreement(actor, agreement_id))


def _shown(request: HttpRequest, agreement_id: int) -> AgreementOut:
    return _out(queries.agreement(actor_of(request), agreement_id))


def _out(row: Agreement) -> AgreementOut:
    return AgreementOut(
        id=row.pk,
        organization_id=row.organization_id,
        title=row.title,
        covers=row.covers,
        contact=row.contact,
        signed_on=row.signed_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        standing=queries.standing_of(row),
        ended_on=row.ended_on,
        ended_because=row.ended_because,
        renews_id=row.renews_id,
    )
