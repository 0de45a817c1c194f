"""Coming and going by a code, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import BaseModel, Field, ValidationError

from xinshi.activities.api import Cursor, Identifier, Limit, Moment, Reason
from xinshi.attendance.anomalies import actions as anomalies
from xinshi.attendance.anomalies import queries as anomaly_queries
from xinshi.attendance.anomalies.models import Anomaly
from xinshi.attendance.codes import queries
from xinshi.attendance.codes.actions import Look, arrive_by_code, arrive_by_digits, question_about, receive_own_code
from xinshi.attendance.codes.arriving import Arrival
from xinshi.attendance.codes.domain import Choice, Code, CodeUnreadable, Outcome, code_from
from xinshi.attendance.offline.actions import new_grant, send_late
from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.doors.prepared import Question
from xinshi.kernel import clock
from xinshi.people.callers import SessionAuth, TokenAuth

router = Router(tags=["attendance"])
Typed = Annotated[str, Field(min_length=1, max_length=300)]


class ShownCodeOut(Schema):
    """What a screen at the place shows now: the code for the QR, six digits, and for how many seconds."""

    code: str
    digits: str
    seconds: int


class CodeIn(BaseModel):
    """A scanned code (or the address that holds it); `choice` only where the answer was `ask`."""

    code: Typed
    choice: Choice = Choice.BY_STATE


class DigitsIn(Schema):
    digits: Annotated[str, Field(min_length=6, max_length=7)]
    choice: Choice = Choice.BY_STATE


class LateCodeIn(Schema):
    """A scan that was kept without a network: when the device says it was, and the grant it had."""

    code: Typed
    claimed_at: Moment
    grant: Typed
    choice: Choice = Choice.BY_STATE


class CodeGrantOut(Schema):
    grant: str
    now: datetime


class ArrivalOut(BaseModel):
    """`ask`: nothing was changed, it is unclear whether the person comes or goes. `was_known`: the code had served."""

    outcome: Outcome
    record_id: int | None
    shift_id: int
    title: str
    at: datetime
    credited_minutes: int | None
    was_known: bool


class AnomalyOut(Schema):
    id: int
    record_id: int
    kind: Anomaly.Kind
    detail: dict[str, int | str]
    found_at: datetime


class CodeReviewIn(Schema):
    accepts: bool
    note: Reason


class ReviewedOut(Schema):
    anomaly_id: int
    state: Anomaly.State


def _arrival(arrival: Arrival) -> ArrivalOut:
    if arrival.refusal is not None:
        raise arrival.refusal  # What had to be remembered of it is committed by now.
    return ArrivalOut(
        outcome=arrival.outcome,
        record_id=arrival.record_id,
        shift_id=arrival.signup.shift_id,
        title=arrival.signup.shift.activity.title,
        at=arrival.at,
        credited_minutes=arrival.credited_minutes,
        was_known=arrival.was_known,
    )


@router.get("/shifts/{shift_id}/code", response=ShownCodeOut)
def show_code(request: HttpRequest, shift_id: Identifier) -> ShownCodeOut:
    """The rotating code of the activity of a shift that the caller leads."""
    found = queries.display(actor_of(request), shift_id)
    shown = queries.shown_code(f"a{found.activity_id}")
    return ShownCodeOut(code=shown.code, digits=shown.digits, seconds=shown.seconds)


@router.get("/my-code", response=ShownCodeOut)
def show_my_code(request: HttpRequest) -> ShownCodeOut:
    """The caller's own rotating code."""
    shown = queries.own_code(actor_of(request))
    return ShownCodeOut(code=shown.code, digits=shown.digits, seconds=shown.seconds)


def _asked_beside(request: HttpRequest) -> Question | None:
    """A scan's question about who scans, asked with who that is; the endpoint judges whatever cannot be read here."""
    try:
        code = code_from(CodeIn.model_validate_json(request.body).code)
    except (ValidationError, CodeUnreadable, SuspiciousOperation):
        return None
    request.asked_beside = (code, clock.now())  # type: ignore[attr-defined]  # read by `_look`
    return question_about(code, request.asked_beside[1])  # type: ignore[attr-defined]  # set above


def _look(request: HttpRequest, code: Code) -> Look | None:
    """What was asked beside the caller's token, if it was about this code."""
    answer = getattr(request, "answered_beside", None)
    if answer is None:
        return None
    asked, moment = request.asked_beside  # type: ignore[attr-defined]  # asked before it was answered
    return Look(moment, answer) if asked == code else None


@router.post("/codes", response=ArrivalOut, auth=[TokenAuth(beside=_asked_beside), SessionAuth()])
def use_code(request: HttpRequest, payload: CodeIn) -> ArrivalOut:
    """Check the caller in or out by the code of a place. The same code again answers the same and changes nothing."""
    code = code_from(payload.code)
    look = _look(request, code)
    return _arrival(arrive_by_code(actor=actor_of(request), code=code, choice=payload.choice, look=look))


@router.post("/digits", response=ArrivalOut)
def use_digits(request: HttpRequest, payload: DigitsIn) -> ArrivalOut:
    """The same by the six digits beside the code; ten tries in ten minutes."""
    return _arrival(arrive_by_digits(actor=actor_of(request), typed=payload.digits, choice=payload.choice))


@router.get("/late-codes/grant", response=CodeGrantOut)
def show_grant(request: HttpRequest) -> CodeGrantOut:
    """What a device keeps so that it may send scans later, and the server's clock."""
    return CodeGrantOut(grant=new_grant(actor_of(request)), now=clock.now())


@router.post("/late-codes", response=ArrivalOut)
def use_late_code(request: HttpRequest, payload: LateCodeIn) -> ArrivalOut:
    """A scan that was kept without a network: judged by the code's own time, and flagged for review."""
    return _arrival(
        send_late(
            actor=actor_of(request),
            typed=payload.code,
            claimed_at=payload.claimed_at,
            grant=payload.grant,
            choice=payload.choice,
        )
    )


@router.post("/shifts/{shift_id}/own-codes", response=ArrivalOut)
def receive_code(request: HttpRequest, shift_id: Identifier, payload: CodeIn) -> ArrivalOut:
    """Check somebody in or out by their own code, scanned or typed by who leads."""
    found = receive_own_code(actor=actor_of(request), shift_id=shift_id, typed=payload.code, choice=payload.choice)
    return _arrival(found)


@router.get("/anomalies", response=CursorPage[AnomalyOut])
def list_anomalies(
    request: HttpRequest, kind: Anomaly.Kind | None = None, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, object]:
    """What looks odd and waits for a decision of the caller's, newest first."""
    rows = anomaly_queries.to_review(actor_of(request), kind=kind.value if kind else "")
    return cursor_page(rows, cursor=cursor, limit=limit, render=_anomaly)


def _anomaly(row: Anomaly) -> AnomalyOut:
    return AnomalyOut(
        id=row.pk, record_id=row.record_id, kind=Anomaly.Kind(row.kind), detail=row.detail, found_at=row.found_at
    )


@router.post("/anomalies/{anomaly_id}/review", response=ReviewedOut)
@idempotent
def review_anomaly(request: HttpRequest, anomaly_id: Identifier, payload: CodeReviewIn) -> ReviewedOut:
    """Accept it, so that the record can be approved, or uphold it, so that it cannot; with a note."""
    anomalies.review(actor=actor_of(request), anomaly_id=anomaly_id, accepts=payload.accepts, note=payload.note)
    return ReviewedOut(anomaly_id=anomaly_id, state=Anomaly.State.ACCEPTED if payload.accepts else Anomaly.State.UPHELD)
