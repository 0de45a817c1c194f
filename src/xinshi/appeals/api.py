"""Requests for correction for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from xinshi.activities.api import Cursor, Identifier, Limit, Moment, Reference
from xinshi.appeals import actions, queries
from xinshi.appeals.domain import (
    DAY_MINUTES,
    TEXT_LENGTH_MAX,
    Asked,
    CorrectionKind,
    Given,
    NewRequest,
    Remedy,
    RequestState,
)
from xinshi.appeals.models import CorrectionRequest
from xinshi.documents.evidence import check_size
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent

router = Router(tags=["appeals"])
Text = Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX, pattern=NO_NUL)]


class CorrectionRequestOut(Schema):
    """A request in a list; `due_on` is by when it is to be answered, `level` 1 coordinators, 2 administrators."""

    id: int
    kind: CorrectionKind
    subject_ref: str
    person_id: int
    state: RequestState
    level: int
    asked_at: datetime
    due_on: date
    asked_from: datetime | None
    asked_until: datetime | None
    asked_minutes: int | None
    appeal_of_id: int | None
    new_record_id: int | None
    new_deposit_id: int | None
    reversed_deposit_id: int | None


class TrailLineOut(Schema):
    """`role` is in which role somebody acted; `name` is filled for auditors only."""

    at: datetime
    what: str
    label: str
    role: str
    name: str
    text: str


class EvidenceOut(Schema):
    id: int
    content_type: str
    size_bytes: int
    sha256: str


class CorrectionRequestDetailOut(Schema):
    """A request as the caller may see it."""

    request: CorrectionRequestOut
    text: str
    answer: str
    trail: list[TrailLineOut]
    evidence: list[EvidenceOut]
    may_answer: bool
    may_appeal: bool


class AskIn(Schema):
    """`subject_ref` names what it is about (`service-record:12`, `deposit:5`, `voucher:3`, `passbook:7`); empty for service
    that is missing. `person_id`: whose hours, where a coordinator writes it down for somebody."""

    kind: CorrectionKind
    subject_ref: Annotated[str, Field(max_length=64, pattern=NO_NUL)] = ""
    text: Text
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    minutes: Annotated[int | None, Field(ge=1, le=DAY_MINUTES)] = None
    remedy: Remedy | None = None
    title: Annotated[str, Field(max_length=80, pattern=NO_NUL)] = ""
    place: Annotated[str, Field(max_length=120, pattern=NO_NUL)] = ""
    category: Annotated[str, Field(max_length=4, pattern=r"^\d*$")] = ""
    shift_id: Reference | None = None
    person_id: Reference | None = None


class TextIn(Schema):
    text: Text


class CorrectionGrantIn(Schema):
    """What is granted; times only where times were asked, organiser and person in charge for service of its own."""

    reason: Text
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    shift_id: Reference | None = None
    organizer_id: Reference | None = None
    person_in_charge_id: Reference | None = None


def _out(row: CorrectionRequest) -> CorrectionRequestOut:
    return CorrectionRequestOut(
        id=row.pk,
        kind=CorrectionKind(row.kind),
        subject_ref=row.subject_ref,
        person_id=row.person_id,
        state=RequestState(row.state),
        level=row.level,
        asked_at=row.asked_at,
        due_on=row.due_on,
        asked_from=row.asked_from,
        asked_until=row.asked_until,
        asked_minutes=row.asked_minutes,
        appeal_of_id=row.appeal_of_id,
        new_record_id=row.new_record_id,
        new_deposit_id=row.new_deposit_id,
        reversed_deposit_id=row.reversed_deposit_id,
    )


def _shown(request: HttpRequest, request_id: int) -> CorrectionRequestOut:
    return _out(queries.request_of(actor_of(request), request_id))


@router.get("/requests/mine", response=CursorPage[CorrectionRequestOut])
def list_my_requests(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """What the caller asked, and objections to their hours, newest first."""
    return cursor_page(queries.own_requests(actor_of(request)), cursor=cursor, limit=limit, render=_out)


@router.get("/requests/waiting", response=CursorPage[CorrectionRequestOut])
def list_waiting_requests(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """What waits for the caller's answer: of their level, and nothing in which they had a part."""
    return cursor_page(queries.waiting_for(actor_of(request)), cursor=cursor, limit=limit, render=_out)


@router.get("/requests", response=CursorPage[CorrectionRequestOut])
def list_requests(
    request: HttpRequest,
    state: Annotated[RequestState | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The requests that the caller may see, newest first."""
    rows = queries.all_requests(actor_of(request), state=state.value if state else "")
    return cursor_page(rows, cursor=cursor, limit=limit, render=_out)


@router.get("/requests/{request_id}", response=CorrectionRequestDetailOut)
def show_request(request: HttpRequest, request_id: Identifier) -> CorrectionRequestDetailOut:
    """One request with its trail."""
    found = queries.request_detail(actor_of(request), request_id)
    return CorrectionRequestDetailOut(
        request=_out(found.request),
        text=found.request.text if found.reads_texts else "",
        answer=found.request.answer,
        trail=[
            TrailLineOut(at=line.at, what=line.what, label=line.label, role=line.role, name=line.name, text=line.text)
            for line in found.trail
        ],
        evidence=[
            EvidenceOut(id=file.pk, content_type=file.content_type, size_bytes=file.size_bytes, sha256=file.sha256)
            for file in found.evidence
        ],
        may_answer=found.may_answer,
        may_appeal=found.may_appeal,
    )


@router.post("/requests", response=CorrectionRequestOut)
@idempotent
def ask_for_correction(request: HttpRequest, payload: AskIn) -> CorrectionRequestOut:
    """Ask that something be put right: a service record, service that is missing, hours, a voucher, a star."""
    made = actions.ask(
        actor=actor_of(request),
        request=NewRequest(
            kind=payload.kind,
            subject_ref=payload.subject_ref,
            text=payload.text,
            asked=Asked(
                starts_at=payload.starts_at,
                ends_at=payload.ends_at,
                minutes=payload.minutes,
                remedy=payload.remedy,
                title=payload.title,
                place=payload.place,
                category=payload.category,
                shift_id=payload.shift_id,
            ),
            person_id=payload.person_id,
        ),
    )
    return _shown(request, made)


@router.post("/requests/{request_id}/evidence", response=CorrectionRequestOut)
@idempotent(in_one_transaction=False)
def add_evidence(
    request: HttpRequest, request_id: Identifier, file: File[UploadedFile], *, text: Annotated[Text, Form()]
) -> CorrectionRequestOut:
    """Add a photo or PDF with a word to a request of one's own."""
    check_size(file.size or 0)
    actions.give_more(actor=actor_of(request), request_id=request_id, text=text, evidence=[file.read()])
    return _shown(request, request_id)


@router.post("/requests/{request_id}/more", response=CorrectionRequestOut)
@idempotent
def give_more(request: HttpRequest, request_id: Identifier, payload: TextIn) -> CorrectionRequestOut:
    """Say more; where more had been asked, the clock goes on."""
    actions.give_more(actor=actor_of(request), request_id=request_id, text=payload.text)
    return _shown(request, request_id)


@router.post("/requests/{request_id}/withdraw", response=CorrectionRequestOut)
@idempotent
def withdraw_request(request: HttpRequest, request_id: Identifier) -> CorrectionRequestOut:
    """Not wanted any more."""
    actions.withdraw(actor=actor_of(request), request_id=request_id)
    return _shown(request, request_id)


@router.post("/requests/{request_id}/appeal", response=CorrectionRequestOut)
@idempotent
def appeal_against_answer(request: HttpRequest, request_id: Identifier, payload: TextIn) -> CorrectionRequestOut:
    """Appeal against an answer, once; the new request goes to the second level."""
    made = actions.appeal(actor=actor_of(request), request_id=request_id, text=payload.text)
    return _shown(request, made)


@router.post("/requests/{request_id}/grant", response=CorrectionRequestOut)
@idempotent
def grant_request(request: HttpRequest, request_id: Identifier, payload: CorrectionGrantIn) -> CorrectionRequestOut:
    """Grant a request and carry it out in the same transaction; never by who had a part in it."""
    actions.grant(
        actor=actor_of(request),
        request_id=request_id,
        reason=payload.reason,
        given=Given(
            starts_at=payload.starts_at,
            ends_at=payload.ends_at,
            shift_id=payload.shift_id,
            organizer_id=payload.organizer_id,
            person_in_charge_id=payload.person_in_charge_id,
        ),
    )
    return _shown(request, request_id)


@router.post("/requests/{request_id}/refuse", response=CorrectionRequestOut)
@idempotent
def refuse_request(request: HttpRequest, request_id: Identifier, payload: TextIn) -> CorrectionRequestOut:
    """Do not grant it, with the reason."""
    actions.refuse(actor=actor_of(request), request_id=request_id, reason=payload.text)
    return _shown(request, request_id)


@router.post("/requests/{request_id}/ask-more", response=CorrectionRequestOut)
@idempotent
def ask_more(request: HttpRequest, request_id: Identifier, payload: TextIn) -> CorrectionRequestOut:
    """Ask for more; the clock stands still until the asker answers."""
    actions.ask_more(actor=actor_of(request), request_id=request_id, question=payload.text)
    return _shown(request, request_id)


@router.post("/requests/{request_id}/leave-open", response=CorrectionRequestOut)
@idempotent
def leave_open(request: HttpRequest, request_id: Identifier, payload: TextIn) -> CorrectionRequestOut:
    """Say why it cannot be answered yet; the clock goes on."""
    actions.leave_open(actor=actor_of(request), request_id=request_id, reason=payload.text)
    return _shown(request, request_id)
