"""Bases, demonstration points and teams for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.organizations.designations import actions, queries
from xinshi.organizations.models import Designation, DesignationReview

router = Router()
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Target = Annotated[int, Field(ge=1, le=actions.TARGET_MAX)]


class NewDesignationIn(Schema):
    """`target_per_year` is in whole minutes or in person-times, by `measure`."""

    kind: Designation.Kind
    title: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
    measure: Designation.Measure
    target_per_year: Target
    started_on: date
    review_on: date
    place: Annotated[str, Field(max_length=100, pattern=NO_NUL)] = ""


class ReviewIn(Schema):
    """The day of the next review is left out only where it ends."""

    result: DesignationReview.Result
    remark: Annotated[str, Field(min_length=1, max_length=500, pattern=NO_NUL)]
    next_review_on: date | None = None
    target_per_year: Target | None = None


class DesignationOut(Schema):
    """`target_per_year` is in whole minutes or in person-times, by `measure`."""

    id: int
    organization_id: int
    kind: str
    title: str
    place: str
    measure: str
    target_per_year: int
    started_on: date
    review_on: date | None
    ended_on: date | None
    is_due: bool


class DesignationFiguresOut(DesignationOut):
    """What was achieved this year, in the unit of the target; null once it has ended."""

    achieved_this_year: int | None
    target_this_year: int | None


class DesignationReviewOut(Schema):
    """The figures of the days from `counted_from` to `counted_until` as they stood when it was reviewed."""

    id: int
    result: str
    remark: str
    counted_from: date
    counted_until: date
    target_per_year: int
    achieved_minutes: int
    achieved_person_times: int
    reviewed_at: datetime


@router.get("/designations", response=CursorPage[DesignationOut])
def list_designations(
    request: HttpRequest,
    kind: Designation.Kind | None = None,
    organization_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """All for the station and the auditor; for who keeps an organisation, its own."""
    actor = actor_of(request)
    rows = queries.designations(actor, kind=kind.value if kind else "", organization_id=organization_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: DesignationOut(**_plain(row)))


@router.post("/{int:organization_id}/designations", response=DesignationFiguresOut)
@idempotent
def designate(request: HttpRequest, organization_id: Identifier, payload: NewDesignationIn) -> DesignationFiguresOut:
    new = actions.NewDesignation(**payload.dict())
    return _shown(request, actions.designate(actor=actor_of(request), organization_id=organization_id, new=new))


@router.get("/designations/{designation_id}", response=DesignationFiguresOut)
def show_designation(request: HttpRequest, designation_id: Identifier) -> DesignationFiguresOut:
    return _shown(request, designation_id)


@router.get("/designations/{designation_id}/reviews", response=list[DesignationReviewOut])
def list_reviews(request: HttpRequest, designation_id: Identifier) -> object:
    """The latest first."""
    return queries.reviews(queries.designation(actor_of(request), designation_id))


@router.post("/designations/{designation_id}/reviews", response=DesignationFiguresOut)
@idempotent
def review(request: HttpRequest, designation_id: Identifier, payload: ReviewIn) -> DesignationFiguresOut:
    actions.review(actor=actor_of(request), designation_id=designation_id, **payload.dict())
    return _shown(request, designation_id)


def _plain(row: Designation) -> dict[str, Any]:
    names = ("organization_id", "kind", "title", "place", "measure", "target_per_year")
    days = ("started_on", "review_on", "ended_on")
    return {"id": row.pk, "is_due": queries.is_due(row)} | {name: getattr(row, name) for name in (*names, *days)}


def _shown(request: HttpRequest, designation_id: int) -> DesignationFiguresOut:
    row = queries.designation(actor_of(request), designation_id)
    [found] = queries.reached([row])
    return DesignationFiguresOut(
        **_plain(row),
        achieved_this_year=found.progress.achieved if found.progress else None,
        target_this_year=found.progress.target if found.progress else None,
    )
