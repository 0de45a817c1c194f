"""Requests of departments for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from xinshi.activities.fields import Moment, Reason, Reference
from xinshi.activities.models import RequestStep, ServiceRequest
from xinshi.activities.requests import access, actions, queries
from xinshi.activities.requests.domain import NewServiceRequest
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent

router = Router(tags=["activities"])
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]


class ServiceRequestIn(Schema):
    """What a department asks for; `key` makes a repeated call the same request."""

    department_id: Reference
    title: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]
    category: Annotated[str, Field(pattern=r"^\d{4}$")]
    place: Annotated[str, Field(min_length=1, max_length=120, pattern=NO_NUL)]
    starts_at: Moment
    ends_at: Moment
    people_number: Annotated[int, Field(ge=1, le=5_000)]
    key: Annotated[str, Field(pattern=r"^[\w-]{8,40}$")]
    qualifications: Annotated[
        list[Annotated[str, Field(max_length=40, pattern=r"^[\w-]+$")]], Field(max_length=20)
    ] = []
    description: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""
    contact: Annotated[str, Field(max_length=100, pattern=NO_NUL)] = ""

    def as_new(self) -> NewServiceRequest:
        return NewServiceRequest(**{**self.dict(), "qualifications": tuple(self.qualifications)})


class RequestStepOut(Schema):
    kind: RequestStep.Kind
    at: datetime
    text: str


class ServiceRequestOut(Schema):
    id: int
    department_id: int
    title: str
    category: str
    place: str
    starts_at: datetime
    ends_at: datetime
    people_number: int
    qualifications: list[str]
    description: str
    state: ServiceRequest.State
    due_on: date
    activity_id: int | None
    reason: str


class ServiceRequestDetailOut(ServiceRequestOut):
    contact: str
    steps: list[RequestStepOut]


class DecliningIn(Schema):
    reason: Reason


def _row(row: ServiceRequest) -> dict[str, Any]:
    return {
        "id": row.pk,
        "department_id": row.department_id,
        "title": row.title,
        "category": row.category,
        "place": row.place,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "people_number": row.people_number,
        "qualifications": row.qualifications,
        "description": row.description,
        "state": ServiceRequest.State(row.state),
        "due_on": row.due_on,
        "activity_id": row.activity_id,
        "reason": row.reason,
    }


def _detail(request: HttpRequest, request_id: int) -> ServiceRequestDetailOut:
    found = queries.request_detail(actor_of(request), request_id)
    steps = [RequestStepOut(kind=RequestStep.Kind(step.kind), at=step.at, text=step.text) for step in found.steps]
    return ServiceRequestDetailOut(**_row(found.row), contact=found.row.contact, steps=steps)


@router.get("/requests", response=CursorPage[ServiceRequestOut])
def list_requests(
    request: HttpRequest, state: ServiceRequest.State | None = None, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """The requests that the caller may see, newest first."""
    rows = access.visible_to(actor_of(request))
    if state is not None:
        rows = rows.filter(state=state.value)
    return cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: ServiceRequestOut(**_row(row)))


@router.post("/requests", response=ServiceRequestDetailOut)
@idempotent
def ask_for_volunteers(request: HttpRequest, payload: ServiceRequestIn) -> ServiceRequestDetailOut:
    """Ask for volunteers for a department that the caller keeps."""
    return _detail(request, actions.ask(actor=actor_of(request), request=payload.as_new()))


@router.get("/requests/{request_id}", response=ServiceRequestDetailOut)
def show_request(request: HttpRequest, request_id: Identifier) -> ServiceRequestDetailOut:
    """One request with its history."""
    return _detail(request, request_id)


@router.post("/requests/{request_id}/withdraw", response=ServiceRequestDetailOut)
@idempotent
def withdraw_request(request: HttpRequest, request_id: Identifier) -> ServiceRequestDetailOut:
    """The department needs nobody any more."""
    actions.withdraw(actor=actor_of(request), request_id=request_id)
    return _detail(request, request_id)


@router.post("/requests/{request_id}/publish", response=ServiceRequestDetailOut)
@idempotent
def grant_request(request: HttpRequest, request_id: Identifier) -> ServiceRequestDetailOut:
    """Publish what was planned for it, or what was asked as it was asked; coordinators only."""
    actions.grant(actor=actor_of(request), request_id=request_id)
    return _detail(request, request_id)


@router.post("/requests/{request_id}/decline", response=ServiceRequestDetailOut)
@idempotent
def decline_request(request: HttpRequest, request_id: Identifier, payload: DecliningIn) -> ServiceRequestDetailOut:
    """Say no and why; coordinators only."""
    actions.decline(actor=actor_of(request), request_id=request_id, reason=payload.reason)
    return _detail(request, request_id)
