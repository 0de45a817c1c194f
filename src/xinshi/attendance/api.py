"""Presence, service records and approval for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Query, Router, Schema
from pydantic import Field

from xinshi.activities.api import ID_MAX, Cursor, Identifier, Limit, Moment, Reason, Reference
from xinshi.attendance import actions, queries
from xinshi.attendance.codes.api import router as codes_router
from xinshi.attendance.domain import LEFT_OUT_TEXTS, Decided, LeftOut, NewRecord
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.outcomes.api import router as outcomes_router
from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.codes import HoursKind

router = Router(tags=["attendance"])
router.add_router("/outcomes", outcomes_router)
AT_ONCE_MAX = 2_000
References = Annotated[list[Reference], Field(min_length=1, max_length=AT_ONCE_MAX)]


class AttendanceLineOut(Schema):
    """One person on the leader's list; `state` is `expected` or that of the service record."""

    signup_id: int
    person_id: int
    name: str
    volunteer_number: str
    state: str
    record_id: int | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    credited_minutes: int | None
    missing_certificate: str
    """What the role or the danger asks for and the person lacks on the day; empty where they lack nothing."""


class ServiceRecordOut(Schema):
    """Scheduled, present and credited minutes stand apart."""

    id: int
    activity_id: int
    title: str
    shift_id: int
    person_id: int
    state: ServiceRecord.State
    hours_kind: HoursKind
    scheduled_minutes: int
    present_minutes: int | None
    credited_minutes: int | None
    checked_in_at: datetime
    checked_in_through: str
    checked_out_at: datetime | None
    due_on: date | None
    levels_approved: int
    decided_at: datetime | None
    refusal_reason: str
    deposit_id: int | None
    replaces_id: int | None


class CheckInIn(Schema):
    """`at` is when they really came; now where it is left out."""

    signup_ids: References
    at: Moment | None = None


class CheckOutIn(Schema):
    """`at` is when they really left; now where it is left out."""

    record_ids: References
    at: Moment | None = None


class RecordIdsOut(Schema):
    record_ids: list[int]


class RecordStateOut(Schema):
    record_id: int
    state: ServiceRecord.State


class PresenceIn(Schema):
    shift_id: Reference
    person_id: Reference
    checked_in_at: Moment
    checked_out_at: Moment


class EnterPresenceIn(Schema):
    """Presence that is known already (补录): honorary hours, with the reason; all records or none."""

    reason: Reason
    records: Annotated[list[PresenceIn], Field(min_length=1, max_length=AT_ONCE_MAX)]


class CorrectPresenceIn(Schema):
    checked_in_at: Moment
    checked_out_at: Moment
    reason: Reason


class ApproveIn(Schema):
    record_ids: References


class RefuseIn(Schema):
    record_ids: References
    reason: Reason


class LeftOutOut(Schema):
    record_id: int
    code: LeftOut
    detail: str


class DecidedOut(Schema):
    """`done` were decided, `minutes` deposited; `advanced` wait for the second approval; the rest says why not."""

    done: int
    minutes: int
    advanced: int
    left_out: list[LeftOutOut]


def _line(line: queries.ListLine) -> AttendanceLineOut:
    record = None if line.state == "expected" else line.record
    return AttendanceLineOut(
        signup_id=line.signup_id,
        person_id=line.person_id,
        name=line.name,
        volunteer_number=line.volunteer_number,
        state=line.state,
        record_id=record.pk if record else None,
        checked_in_at=record.checked_in_at if record else None,
        checked_out_at=record.checked_out_at if record else None,
        credited_minutes=record.credited_minutes if record else None,
        missing_certificate=line.missing,
    )


def _record(row: ServiceRecord) -> ServiceRecordOut:
    return ServiceRecordOut(
        id=row.pk,
        activity_id=row.shift.activity_id,
        title=row.shift.activity.title,
        shift_id=row.shift_id,
        person_id=row.person_id,
        state=ServiceRecord.State(row.state),
        hours_kind=HoursKind(row.hours_kind),
        scheduled_minutes=row.scheduled_minutes,
        present_minutes=row.present_minutes,
        credited_minutes=row.credited_minutes,
        checked_in_at=row.checked_in_at,
        checked_in_through=row.checked_in_through,
        checked_out_at=row.checked_out_at,
        due_on=row.due_on,
        levels_approved=row.levels_approved,
        decided_at=row.decided_at,
        refusal_reason=row.refusal_reason,
        deposit_id=row.deposit_id,
        replaces_id=row.replaces_id,
    )


def _decided(decided: Decided) -> DecidedOut:
    return DecidedOut(
        done=decided.done,
        minutes=decided.minutes,
        advanced=decided.advanced,
        left_out=[
            LeftOutOut(record_id=record_id, code=reason, detail=gettext(LEFT_OUT_TEXTS[reason]))
            for record_id, reason in sorted(decided.left_out.items())
        ],
    )


@router.get("/shifts/{shift_id}/list", response=CursorPage[AttendanceLineOut])
def list_people_of_shift(
    request: HttpRequest, shift_id: Identifier, cursor: Cursor = None, limit: Limit = 200
) -> dict[str, Any]:
    """The leader's list: who has a place, and who is there; for who leads the activity."""
    shift, rows = queries.list_rows(actor_of(request), shift_id)
    found = cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: row)
    return found | {"items": [_line(line) for line in queries.lines_of(shift, found["items"])]}


@router.post("/check-ins", response=RecordIdsOut)
@idempotent
def check_in(request: HttpRequest, payload: CheckInIn) -> RecordIdsOut:
    """Check people in, all or none; the records' ids in the order of the sign-ups given."""
    ids = actions.check_in(actor=actor_of(request), signup_ids=payload.signup_ids, at=payload.at)
    return RecordIdsOut(record_ids=ids)


@router.post("/check-outs", response=RecordIdsOut)
@idempotent
def check_out(request: HttpRequest, payload: CheckOutIn) -> RecordIdsOut:
    """Check people out, all or none; their records wait for approval then."""
    ids = actions.check_out(actor=actor_of(request), record_ids=payload.record_ids, at=payload.at)
    return RecordIdsOut(record_ids=ids)


@router.post("/records", response=RecordIdsOut)
@idempotent
def enter_presence(request: HttpRequest, payload: EnterPresenceIn) -> RecordIdsOut:
    """Enter presence afterwards, all records or none; coordinators only."""
    ids = actions.record_many(
        actor=actor_of(request),
        records=[
            NewRecord(
                shift_id=new.shift_id,
                person_id=new.person_id,
                checked_in_at=new.checked_in_at,
                checked_out_at=new.checked_out_at,
                reason=payload.reason,
            )
            for new in payload.records
        ],
    )
    return RecordIdsOut(record_ids=ids)


@router.get("/records", response=CursorPage[ServiceRecordOut])
def list_records(
    request: HttpRequest,
    state: ServiceRecord.State | None = None,
    activity_id: Annotated[int | None, Query(ge=1, le=ID_MAX)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The service records that the caller may see, newest first."""
    rows = queries.visible_records(actor_of(request), state=state.value if state else "", activity_id=activity_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_record)


@router.get("/records/mine", response=CursorPage[ServiceRecordOut])
def list_my_records(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """The caller's own service, newest first."""
    return cursor_page(queries.own_records(actor_of(request)), cursor=cursor, limit=limit, render=_record)


@router.get("/records/{record_id}", response=ServiceRecordOut)
def show_record(request: HttpRequest, record_id: Identifier) -> ServiceRecordOut:
    """One service record."""
    return _record(queries.record_detail(actor_of(request), record_id).record)


@router.post("/records/{record_id}/take-back", response=RecordStateOut)
@idempotent
def take_back_check_in(request: HttpRequest, record_id: Identifier) -> RecordStateOut:
    """Undo a check-in that was a mistake."""
    actions.take_back_check_in(actor=actor_of(request), record_id=record_id)
    return RecordStateOut(record_id=record_id, state=ServiceRecord.State.WITHDRAWN)


@router.post("/records/{record_id}/correct", response=ServiceRecordOut)
@idempotent
def correct_presence(request: HttpRequest, record_id: Identifier, payload: CorrectPresenceIn) -> ServiceRecordOut:
    """Put both times of a record right, with the reason; it is submitted for approval anew."""
    actions.correct_presence(
        actor=actor_of(request),
        record_id=record_id,
        checked_in_at=payload.checked_in_at,
        checked_out_at=payload.checked_out_at,
        reason=payload.reason,
    )
    return _record(queries.record_detail(actor_of(request), record_id).record)


@router.get("/waiting", response=CursorPage[ServiceRecordOut])
def list_waiting_records(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """The records whose next approval the caller may give."""
    rows = queries.waiting_for_approval(actor_of(request)).select_related("shift__activity")
    return cursor_page(rows, cursor=cursor, limit=limit, render=_record)


@router.post("/approvals", response=DecidedOut)
@idempotent
def approve_records(request: HttpRequest, payload: ApproveIn) -> DecidedOut:
    """Approve records and deposit their hours, in one transaction; never one's own."""
    return _decided(actions.approve(actor=actor_of(request), record_ids=payload.record_ids))


@router.post("/activities/{activity_id}/approve", response=DecidedOut)
@idempotent
def approve_records_of_activity(request: HttpRequest, activity_id: Identifier) -> DecidedOut:
    """Approve everything of one activity that waits for the caller."""
    return _decided(actions.approve_activity(actor=actor_of(request), activity_id=activity_id))


@router.post("/refusals", response=DecidedOut)
@idempotent
def refuse_records(request: HttpRequest, payload: RefuseIn) -> DecidedOut:
    """Refuse records with a reason, which the volunteers read."""
    return _decided(actions.refuse(actor=actor_of(request), record_ids=payload.record_ids, reason=payload.reason))


router.add_router("", codes_router)
