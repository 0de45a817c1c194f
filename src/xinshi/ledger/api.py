"""The book for programs of auditors."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema

from xinshi.doors.api import CursorPage, actor_of
from xinshi.ledger import queries
from xinshi.ledger.access import require_reader
from xinshi.ledger.checking import check_book
from xinshi.ledger.models import Transfer

router = Router(tags=["ledger"])
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]


class SystemAccountOut(Schema):
    account_id: int
    kind: str
    owner: str
    minutes: int


class BookOut(Schema):
    """Minutes throughout. `seal_head` is the newest seal's hash: keep it outside this database."""

    accounts: int
    transfers: int
    outstanding_minutes: int
    held_minutes: int
    seal_head: str
    sealed_to: int
    system_accounts: list[SystemAccountOut]


class TransferOut(Schema):
    id: int
    key: str
    debit_id: int
    credit_id: int
    minutes: int
    kind: str
    worked_on: date
    posted_at: datetime
    reverses_id: int | None
    reversed_by_id: int | None
    seal: int | None
    actor: str
    memo: str


class StatementLineOut(Schema):
    seq: int
    transfer_id: int
    kind: str
    amount_minutes: int
    balance_after_minutes: int
    worked_on: date
    posted_at: datetime
    memo: str


class VerifyOut(Schema):
    ok: bool
    counts: dict[str, int]
    checks: list[str]
    first_difference: str
    seal_head: str


@router.get("/book", response=BookOut)
def show_book(request: HttpRequest) -> BookOut:
    """The book at a glance; auditors and administrators."""
    require_reader(actor_of(request))
    totals = queries.totals()
    system = [
        SystemAccountOut(account_id=row.account_id, kind=row.kind, owner=row.owner_ref, minutes=row.minutes)
        for row in queries.system_totals()
    ]
    return BookOut(
        accounts=totals.accounts,
        transfers=totals.transfers,
        outstanding_minutes=totals.outstanding_minutes,
        held_minutes=totals.held_minutes,
        seal_head=totals.seal_head,
        sealed_to=totals.sealed_to,
        system_accounts=system,
    )


@router.post("/verify", response=VerifyOut)
def verify_book(request: HttpRequest) -> VerifyOut:
    """Reconcile the whole book; `ok` is false and `first_difference` says where, if anything disagrees."""
    report = check_book(actor=actor_of(request))
    return VerifyOut(
        ok=report.ok,
        counts=report.counts,
        checks=report.checks,
        first_difference=report.first_difference,
        seal_head=report.seal_head,
    )


@router.get("/transfers/{transfer_id}", response=TransferOut)
def show_transfer(request: HttpRequest, transfer_id: Identifier) -> TransferOut:
    """One booking, with its reversal and the number of the seal that covers it."""
    require_reader(actor_of(request))
    found: Transfer = queries.transfer(transfer_id)
    seal = queries.seal_over(transfer_id)
    return TransferOut(
        id=found.pk,
        key=found.key,
        debit_id=found.debit_id,
        credit_id=found.credit_id,
        minutes=found.minutes,
        kind=found.kind,
        worked_on=found.worked_on,
        posted_at=found.posted_at,
        reverses_id=found.reverses_id,
        reversed_by_id=queries.reversal_of(transfer_id),
        seal=seal.n if seal else None,
        actor=found.actor_ref,
        memo=found.memo,
    )


@router.get("/accounts/{account_id}/lines", response=CursorPage[StatementLineOut])
def list_account_lines(
    request: HttpRequest,
    account_id: Identifier,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The statement of a bounded account, newest line first; pass `next_cursor` back as `cursor`."""
    require_reader(actor_of(request))
    queries.account(account_id)
    lines = queries.statement(account_id, before_seq=cursor, limit=limit)
    items = [
        StatementLineOut(
            seq=line.seq,
            transfer_id=line.transfer_id,
            kind=line.kind,
            amount_minutes=line.amount,
            balance_after_minutes=line.balance_after,
            worked_on=line.worked_on,
            posted_at=line.posted_at,
            memo=line.memo,
        )
        for line in lines
    ]
    last = lines[-1].seq if lines else 1
    return {"items": items, "next_cursor": last if len(lines) == limit and last > 1 else None}
