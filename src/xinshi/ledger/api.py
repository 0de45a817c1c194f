"""The book for programs of auditors."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import StringConstraints

from xinshi.doors.api import CursorPage, actor_of, cursor_page
from xinshi.ledger import queries
from xinshi.ledger.access import require_reader
from xinshi.ledger.checking import check_book, history
from xinshi.ledger.models import Reconciliation, Seal, Transfer
from xinshi.ledger.proof.command import as_json
from xinshi.ledger.proof.receipts import RECEIPT_BYTES_MAX
from xinshi.ledger.receipts import bank_identity, check_here, receipt_for
from xinshi.ledger.sealing import header_of
from xinshi.ledger.signing import signing_key

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


class LedgerSealOut(Schema):
    """A seal's header. `format` 1 hashed the rows themselves and has neither `root` nor `history`."""

    format: int
    n: int
    from_id: int
    to_id: int
    rows: int
    prev_hash: str
    root: str
    history: str
    sealed_at: str
    hash: str


class BankOut(Schema):
    name_zh: str
    name_en: str
    public_key: str


class ReceiptOut(Schema):
    """What proves a line: check it offline with `xinshi verify receipt`. Keep the JSON as it is, to the last sign."""

    format: str
    bank: BankOut
    issued_at: str
    row: list[Any]
    index: int
    path: list[str]
    seal: LedgerSealOut
    head: LedgerSealOut
    head_path: list[str]
    signature: str


class SealListOut(CursorPage[LedgerSealOut]):
    """Newest first, with the key by which this bank signs receipts."""

    bank: BankOut


class ReceiptIn(Schema):
    """The receipt's text as it was downloaded."""

    receipt: Annotated[str, StringConstraints(min_length=2, max_length=RECEIPT_BYTES_MAX)]


class CheckStepOut(Schema):
    code: str
    outcome: str
    sentence: dict[str, str]


class CheckOut(Schema):
    """`outcome`: holds, fails, or open where it cannot be said; `steps` say what was looked at."""

    outcome: str
    holds: bool
    sentence: dict[str, str]
    steps: list[CheckStepOut]


class ReconciliationOut(Schema):
    started_at: datetime
    finished_at: datetime
    ok: bool
    first_difference: str
    transfers: int
    seal_n: int
    seal_hash: str
    actor: str


class VerifyOut(Schema):
    """`heads` are the newest seals of the trail and of what else is written once: keep them outside this database."""

    ok: bool
    counts: dict[str, int]
    checks: list[str]
    first_difference: str
    seal_head: str
    heads: dict[str, str]


@router.get("/book", response=BookOut)
def show_book(request: HttpRequest) -> BookOut:
    """The book at a glance; auditors and administrators."""
    require_reader(actor_of(request))
    totals, system_totals = queries.book()
    system = [
        SystemAccountOut(account_id=row.account_id, kind=row.kind, owner=row.owner_ref, minutes=row.minutes)
        for row in system_totals
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
        heads=report.heads,
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


@router.get("/transfers/{transfer_id}/receipt", response=ReceiptOut)
def show_receipt(request: HttpRequest, transfer_id: Identifier) -> dict[str, Any]:
    """The signed receipt of any booking, for auditors and administrators; one's own are with the passbook's lines."""
    require_reader(actor_of(request))
    return receipt_for(transfer_id).as_json()


@router.get("/seals", response=SealListOut)
def list_seals(
    request: HttpRequest,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The seals' headers, newest first, to be kept outside this bank; everybody may."""
    actor_of(request)
    page = cursor_page(Seal.objects.all(), cursor=cursor, limit=limit, render=_seal_out)
    bank = bank_identity(signing_key())
    return page | {"bank": BankOut(name_zh=bank.name_zh, name_en=bank.name_en, public_key=bank.public_key)}


def _seal_out(seal: Seal) -> LedgerSealOut:
    return LedgerSealOut(**header_of(seal).as_json())


@router.post("/receipts/check", response=CheckOut)
def check_receipt(request: HttpRequest, payload: ReceiptIn) -> dict[str, Any]:
    """Whether a receipt holds, in itself and against this bank's present book; everybody may, nothing is kept."""
    actor_of(request)
    return as_json(check_here(payload.receipt.encode(errors="replace")))


@router.get("/verifications", response=list[ReconciliationOut])
def list_verifications(
    request: HttpRequest, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[ReconciliationOut]:
    """The newest reconciliations of the whole book; auditors and administrators."""
    require_reader(actor_of(request))
    return [_reconciliation_out(row) for row in history(limit=limit)]


def _reconciliation_out(row: Reconciliation) -> ReconciliationOut:
    return ReconciliationOut(
        started_at=row.started_at,
        finished_at=row.finished_at,
        ok=row.ok,
        first_difference=row.first_difference,
        transfers=row.transfers,
        seal_n=row.seal_n,
        seal_hash=row.seal_hash,
        actor=row.actor_ref,
    )
