"""Passbooks, deposits and policy for programs. Minutes throughout."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Path, Query, Router, Schema
from pydantic import StringConstraints

from xinshi.bank import actions, printing, queries
from xinshi.bank.crediting import Reason as CreditReason
from xinshi.bank.erasing.api import router as erasing_router
from xinshi.bank.merging.api import router as merging_router
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.policy_api import router as policy_router
from xinshi.bank.queries import Share, StatementFilter
from xinshi.bank.registration.api import router as registration_router
from xinshi.bank.roster.api import router as roster_router
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotFound
from xinshi.ledger.api import ReceiptOut
from xinshi.ledger.receipts import receipt_for

router = Router(tags=["bank"])
router.add_router("", roster_router)
router.add_router("", registration_router)
router.add_router("", merging_router)
router.add_router("", erasing_router)
router.add_router("", policy_router)
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Year = Annotated[int | None, Query(ge=1950, le=2200)]
Kind = Annotated[str, Query(pattern=r"^(verified|honorary|spent)?$")]
Category = Annotated[str, Query(pattern=r"^([0-9]{4})?$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=NO_NUL)]


class PassbookCardOut(Schema):
    id: int
    person_id: int
    number: str
    state: str
    certified_minutes: int
    star_level: int
    opened_at: datetime


class ShareOut(Schema):
    name: str
    minutes: int


class PassbookOut(PassbookCardOut):
    """Spendable minutes (`available_minutes`) and lifetime certified minutes are two figures; redeeming lowers only one."""

    booked_minutes: int
    held_minutes: int
    available_minutes: int
    next_star_minutes: int | None
    state_reason: str
    by_kind: list[ShareOut]
    by_category: list[ShareOut]
    by_year: list[ShareOut]
    deposits: int
    page_url: str
    pdf_url: str
    spreadsheet_url: str


class PassbookLineOut(Schema):
    """`source` is a reference such as `deposit:12` or `voucher:7`."""

    seq: int
    transfer_id: int
    kind: str
    amount_minutes: int
    balance_after_minutes: int
    worked_on: date
    booked_at: datetime
    title: str
    category: str
    organizer: str
    source: str
    is_taken_back: bool


class DepositReversalOut(Schema):
    transfer_id: int | None
    donation_transfer_id: int | None
    reason: str
    reversed_at: datetime


class CreditReasonOut(Schema):
    """A rule that made the credited minutes differ: per cent for a coefficient, minutes for the others."""

    rule: CreditReason
    figure: int


class DepositOut(Schema):
    """`raw_minutes` were served and count for stars; `credited_minutes` are what the policy's version made of them.

    `donation_minutes` of these can only be donated; without a `transfer_id` nothing went into the balance.
    """

    id: int
    passbook_id: int
    transfer_id: int | None
    donation_transfer_id: int | None
    kind: HoursKind
    category: str
    title: str
    organizer: str
    raw_minutes: int
    credited_minutes: int
    donation_minutes: int
    why: list[CreditReasonOut]
    worked_on: date
    source: str
    activity: str
    policy_version: int
    deposited_at: datetime
    reversal: DepositReversalOut | None


class TakeBackIn(Schema):
    reason: Reason


class PassbookStateIn(Schema):
    state: Annotated[str, StringConstraints(pattern=r"^(active|frozen|closed)$")]
    reason: Reason


@router.get("/passbook", response=PassbookOut)
def show_own_passbook(request: HttpRequest) -> PassbookOut:
    """One's own passbook; 404 for who has none."""
    found = queries.own_passbook(actor_of(request))
    if found is None:
        raise NotFound
    return _passbook(found)


@router.get("/passbooks", response=CursorPage[PassbookCardOut])
def list_passbooks(
    request: HttpRequest,
    person_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Passbooks that the caller may see, the newest first: their own, or all for who keeps them."""
    rows = queries.passbooks(actor_of(request))
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_card)


@router.get("/passbooks/{passbook_id}", response=PassbookOut)
def show_passbook(request: HttpRequest, passbook_id: Identifier) -> PassbookOut:
    return _passbook(queries.passbook(actor_of(request), passbook_id))


@router.post("/passbooks/{passbook_id}/state", response=PassbookOut)
@idempotent
def change_passbook_state(request: HttpRequest, passbook_id: Identifier, payload: PassbookStateIn) -> PassbookOut:
    """Freeze, free or close a passbook that is not one's own; coordinators and administrators."""
    actor = actor_of(request)
    queries.passbook(actor, passbook_id)
    state = Passbook.State(payload.state)
    actions.change_passbook_state(actor=actor, passbook_id=passbook_id, state=state, reason=payload.reason)
    return _passbook(queries.passbook(actor, passbook_id))


@router.get("/passbooks/{passbook_id}/lines", response=CursorPage[PassbookLineOut])
def list_passbook_lines(
    request: HttpRequest,
    passbook_id: Identifier,
    year: Year = None,
    kind: Kind = "",
    category: Category = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The statement, newest line first; pass `next_cursor` back as `cursor`."""
    found = queries.passbook(actor_of(request), passbook_id)
    wanted = StatementFilter(year, kind, category)
    statement = queries.statement(found, wanted=wanted, before_seq=cursor, limit=limit)
    items = [
        PassbookLineOut(
            seq=line.seq,
            transfer_id=line.transfer_id,
            kind=line.kind,
            amount_minutes=line.amount,
            balance_after_minutes=line.balance_after,
            worked_on=line.worked_on,
            booked_at=line.posted_at,
            title=line.title,
            category=line.category,
            organizer=line.organizer,
            source=line.source_ref,
            is_taken_back=line.is_taken_back,
        )
        for line in statement.lines
    ]
    return {"items": items, "next_cursor": statement.older}


@router.get("/passbooks/{passbook_id}/lines/{seq}/receipt", response=ReceiptOut)
def show_receipt(request: HttpRequest, passbook_id: Identifier, seq: Identifier) -> dict[str, Any]:
    """The signed receipt of a line: check it offline with `xinshi verify receipt`. Refused before the line is sealed."""
    _, line = queries.line(actor_of(request), passbook_id, seq)
    return receipt_for(line.transfer_id).as_json()


@router.get(
    "/passbooks/{passbook_id}/statement.pdf", openapi_extra={"responses": {200: {"content": {printing.PDF: {}}}}}
)
def show_passbook_pdf(
    request: HttpRequest, passbook_id: Identifier, year: Year = None, kind: Kind = "", category: Category = ""
) -> HttpResponse:
    """The statement as a PDF, in the language of `Accept-Language`."""
    wanted = StatementFilter(year, kind, category)
    issue = actions.issue_statement(actor=actor_of(request), passbook_id=passbook_id, wanted=wanted)
    return printing.as_download(printing.statement_pdf(issue.passbook, issue))


@router.get(
    "/passbooks/{passbook_id}/statement.xlsx", openapi_extra={"responses": {200: {"content": {printing.XLSX: {}}}}}
)
def show_passbook_spreadsheet(
    request: HttpRequest, passbook_id: Identifier, year: Year = None, kind: Kind = "", category: Category = ""
) -> HttpResponse:
    """The statement as a spreadsheet, in the language of `Accept-Language`."""
    found = queries.passbook(actor_of(request), passbook_id)
    return printing.as_download(printing.statement_workbook(found, StatementFilter(year, kind, category)))


@router.get("/deposits", response=CursorPage[DepositOut])
def list_deposits(
    request: HttpRequest,
    passbook_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Deposits into passbooks that the caller may see, the newest first."""
    rows = queries.deposits(actor_of(request), passbook_id=passbook_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_deposit)


@router.get("/deposits/{deposit_id}", response=DepositOut)
def show_deposit(request: HttpRequest, deposit_id: Identifier) -> DepositOut:
    return _deposit(queries.deposit(actor_of(request), deposit_id))


@router.post("/deposits/{deposit_id}/reversal", response=DepositOut)
@idempotent
def take_deposit_back(request: HttpRequest, deposit_id: Identifier, payload: TakeBackIn) -> DepositOut:
    """Take a wrong deposit back by a linked reversal; coordinators and administrators."""
    actor = actor_of(request)
    queries.deposit(actor, deposit_id)
    actions.reverse_deposit(actor=actor, deposit_id=deposit_id, reason=payload.reason)
    return _deposit(queries.deposit(actor, deposit_id))


def _card(found: Passbook) -> PassbookCardOut:
    return PassbookCardOut(**_card_fields(found))


def _card_fields(found: Passbook) -> dict[str, Any]:
    return {
        "id": found.pk,
        "person_id": found.person_id,
        "number": found.number,
        "state": found.state,
        "certified_minutes": found.certified_minutes,
        "star_level": found.star_level,
        "opened_at": found.opened_at,
    }


def _passbook(found: Passbook) -> PassbookOut:
    overview = queries.overview_of(found)
    return PassbookOut(
        **_card_fields(found),
        booked_minutes=overview.balance.posted,
        held_minutes=overview.balance.held,
        available_minutes=overview.balance.available,
        next_star_minutes=overview.progress.next_minutes,
        state_reason=found.state_reason,
        by_kind=_shares(overview.by_kind),
        by_category=_shares(overview.by_category),
        by_year=_shares(overview.by_year),
        deposits=overview.deposits,
        page_url=reverse("bank:passbook", args=[found.pk]),
        pdf_url=reverse("api:show_passbook_pdf", args=[found.pk]),
        spreadsheet_url=reverse("api:show_passbook_spreadsheet", args=[found.pk]),
    )


def _shares(shares: list[Share]) -> list[ShareOut]:
    return [ShareOut(name=share.name, minutes=share.minutes) for share in shares]


def _deposit(found: Deposit) -> DepositOut:
    reversal = found.reversal if hasattr(found, "reversal") else None
    return DepositOut(
        id=found.pk,
        passbook_id=found.passbook_id,
        transfer_id=found.transfer_id,
        donation_transfer_id=found.donation_transfer_id,
        kind=HoursKind(found.kind),
        category=found.category,
        title=found.title,
        organizer=found.organizer,
        raw_minutes=found.raw_minutes,
        credited_minutes=found.credited_minutes,
        donation_minutes=found.donation_minutes,
        why=[CreditReasonOut(rule=reason, figure=figure) for reason, figure in found.reasons],
        worked_on=found.worked_on,
        source=found.source_ref,
        activity=found.activity_ref,
        policy_version=found.policy_version.number,
        deposited_at=found.deposited_at,
        reversal=DepositReversalOut(
            transfer_id=reversal.transfer_id,
            donation_transfer_id=reversal.donation_transfer_id,
            reason=reversal.reason,
            reversed_at=reversal.reversed_at,
        )
        if reversal
        else None,
    )
