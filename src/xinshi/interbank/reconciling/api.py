"""Reconciliation and statements for programs: comparisons, differences and their end, statements. Minutes throughout."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field, StringConstraints

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.interbank.reconciling import actions, queries
from xinshi.interbank.reconciling.models import Comparison, Difference
from xinshi.interbank.statements import actions as statement_actions
from xinshi.interbank.statements import queries as statement_queries
from xinshi.interbank.statements.models import BankStatement

router = Router(tags=["interbank"])
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
Filter = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=NO_NUL)]


class BankComparisonOut(Schema):
    """Two lists of one period, compared once; counts per list."""

    id: int
    partner: str
    from_day: date
    to_day: date
    source: str
    made_at: datetime
    matched: int
    matched_minutes: int
    only_here: int
    only_there: int
    differs: int
    still_open: int


class DifferenceOut(Schema):
    """One disagreement; `ours` and `theirs` are empty where a side has no such message.

    `place`: only_here, only_there, differs; `stream`: in, out; `ending`: empty while open, theirs, ours, outside, agreed.
    """

    id: int
    partner: str
    place: str
    stream: str
    type: str
    key: str
    ours: dict[str, Any]
    theirs: dict[str, Any]
    owed_minutes: int
    owner: str
    due_on: date
    ending: str
    ended_at: datetime | None
    ending_reason: str
    booking: str


class CompareIn(Schema):
    """Ask the partner for its list of these days, at most 31, and compare."""

    partner_id: Number
    from_day: date
    to_day: date


class EndDifferenceIn(Schema):
    ending: Literal["theirs", "ours", "outside"]
    reason: Reason
    passbook_number: Annotated[str, StringConstraints(max_length=32, pattern=NO_NUL)] = ""


class DifferenceEndedOut(Schema):
    """`booking` is what was booked to accept theirs, such as `deposit:7`; empty where nothing followed."""

    id: int
    booking: str


class BankStatementIn(Schema):
    partner_id: Number
    month: date
    """Any day of the month."""


class BankStatementOut(Schema):
    """A signed statement of one month; `document` is what `xinshi verify statement` checks."""

    id: int
    partner: str
    month: date
    number: str
    opening_minutes: int
    in_minutes: int
    in_count: int
    out_minutes: int
    out_count: int
    correction_minutes: int
    correction_count: int
    closing_minutes: int
    issued_at: datetime
    document: dict[str, Any]


@router.get("/comparisons", response=CursorPage[BankComparisonOut])
def list_bank_comparisons(
    request: HttpRequest,
    partner_id: Annotated[int, Query(ge=1, le=2**63 - 1)],
    cursor: Filter = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Of one partner, the newest first; for keepers and auditors."""
    rows = queries.comparisons(actor_of(request), partner_id).select_related("partner")
    return cursor_page(rows, cursor=cursor, limit=limit, render=_comparison)


@router.post("/comparisons", response=BankComparisonOut)
@idempotent(in_one_transaction=False)
def compare_with_bank(request: HttpRequest, payload: CompareIn) -> BankComparisonOut:
    """Compare now, by the partner's interface."""
    actor = actor_of(request)
    number = actions.compare_by_interface(
        actor=actor, partner_id=payload.partner_id, from_day=payload.from_day, to_day=payload.to_day
    )
    return _comparison(queries.comparison(actor, number))


@router.get("/differences", response=CursorPage[DifferenceOut])
def list_bank_differences(
    request: HttpRequest,
    partner_id: Filter = None,
    state: Annotated[Literal["", "open", "ended"], Query()] = "",
    cursor: Filter = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The newest first; for keepers and auditors."""
    is_open = {"": None, "open": True, "ended": False}[state]
    rows = queries.differences(actor_of(request), partner_id=partner_id, is_open=is_open)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_difference)


@router.get("/differences/{difference_id}", response=DifferenceOut)
def show_bank_difference(request: HttpRequest, difference_id: Identifier) -> DifferenceOut:
    return _difference(queries.difference(actor_of(request), difference_id))


@router.post("/differences/{difference_id}/end", response=DifferenceEndedOut)
@idempotent
def end_bank_difference(
    request: HttpRequest, difference_id: Identifier, payload: EndDifferenceIn
) -> DifferenceEndedOut:
    """Bring a difference to its end; accepting theirs books what follows."""
    booked = actions.end_difference(
        actor=actor_of(request),
        difference_id=difference_id,
        ending=payload.ending,
        reason=payload.reason,
        passbook_number=payload.passbook_number,
    )
    return DifferenceEndedOut(id=difference_id, booking=booked)


@router.get("/statements", response=CursorPage[BankStatementOut])
def list_bank_statements(
    request: HttpRequest, partner_id: Filter = None, cursor: Filter = None, limit: Limit = 50
) -> dict[str, Any]:
    """Signed statements, the newest first; for keepers and auditors."""
    rows = statement_queries.statements(actor_of(request), partner_id=partner_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_statement)


@router.post("/statements", response=BankStatementOut)
@idempotent
def issue_bank_statement(request: HttpRequest, payload: BankStatementIn) -> BankStatementOut:
    """The statement of a month that is over; issued once, asked for again it is the same one."""
    row = statement_actions.issue_statement(actor=actor_of(request), partner_id=payload.partner_id, month=payload.month)
    return _statement(row)


def _comparison(row: Comparison) -> BankComparisonOut:
    return BankComparisonOut(
        id=row.pk,
        partner=row.partner.code,
        from_day=row.from_day,
        to_day=row.to_day,
        source=row.source,
        made_at=row.made_at,
        matched=row.matched_count,
        matched_minutes=row.matched_minutes,
        only_here=row.only_here,
        only_there=row.only_there,
        differs=row.differs,
        still_open=row.still_open,
    )


def _difference(row: Difference) -> DifferenceOut:
    return DifferenceOut(
        id=row.pk,
        partner=row.partner.code,
        place=row.place,
        stream=row.stream,
        type=row.type,
        key=row.key,
        ours=row.ours,
        theirs=row.theirs,
        owed_minutes=row.owed_minutes,
        owner=row.owner_ref,
        due_on=row.due_on,
        ending=row.ending,
        ended_at=row.ended_at,
        ending_reason=row.ending_reason,
        booking=row.booking_ref,
    )


def _statement(row: BankStatement) -> BankStatementOut:
    return BankStatementOut(
        id=row.pk,
        partner=row.partner.code,
        month=row.month,
        number=row.number,
        opening_minutes=row.opening_minutes,
        in_minutes=row.in_minutes,
        in_count=row.in_count,
        out_minutes=row.out_minutes,
        out_count=row.out_count,
        correction_minutes=row.correction_minutes,
        correction_count=row.correction_count,
        closing_minutes=row.closing_minutes,
        issued_at=row.issued_at,
        document=row.document,
    )
