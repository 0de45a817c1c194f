"""Hours between banks for programs: one's banks, one's transfers, sending and bringing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.interbank.moving import access, actions, queries
from xinshi.interbank.moving.forms import new_form_key
from xinshi.interbank.moving.models import Transfer
from xinshi.interbank.protocol.bodies import MINUTES_MAX
from xinshi.interbank.reconciling.api import router as settling
from xinshi.kernel.codes import HoursKind

router = Router(tags=["interbank"])
router.add_router("", settling)
INTEGER_MAX = 2**63 - 1
Identifier = Annotated[int, Path(ge=1, le=INTEGER_MAX)]
Cursor = Annotated[int | None, Query(ge=1, le=INTEGER_MAX)]
Limit = Annotated[int, Query(ge=1, le=200)]
States = Literal[
    "held",
    "asked",
    "sent",
    "unknown",
    "granted",
    "confirmed",
    "rejected",
    "declined",
    "applied",
    "refused",
]


class PartnerBankOut(Schema):
    """Another time bank; `has_agreed` is the caller's own separate consent."""

    partner_id: int
    code: str
    name: str
    has_agreed: bool
    may_come_in: bool
    may_go_out: bool


class BankTransferIn(Schema):
    """`out` sends hours that were earned here, `in` brings hours that were earned there."""

    partner_id: Annotated[int, Field(ge=1, le=INTEGER_MAX)]
    direction: Literal["out", "in"]
    minutes: Annotated[int, Field(ge=1, le=MINUTES_MAX)]
    kind: HoursKind = HoursKind.VERIFIED


class BankTransferBegunOut(Schema):
    """Ask for it by its id until `ended_at` is there."""

    transfer_id: int


class BankTransferOut(Schema):
    """A transfer; `code` says why it was refused, in the codes of the protocol; `key` stands in both books."""

    id: int
    partner_id: int
    person_id: int
    direction: Literal["out", "in"]
    key: str
    minutes: int
    kind: HoursKind
    state: States
    code: str
    begun_at: datetime
    ended_at: datetime | None


def _transfer(row: Transfer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in BankTransferOut.model_fields}


@router.get("/banks", response=list[PartnerBankOut])
def list_banks(request: HttpRequest) -> list[PartnerBankOut]:
    """Every time bank that hours may be exchanged with."""
    return [
        PartnerBankOut(
            partner_id=card.partner.pk,
            code=card.partner.code,
            name=card.partner.name,
            has_agreed=card.has_agreed,
            may_come_in=card.may_come_in,
            may_go_out=card.may_go_out,
        )
        for card in queries.banks(actor_of(request))
    ]


@router.get("/transfers", response=CursorPage[BankTransferOut])
def list_bank_transfers(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """One's own transfers with other banks; every one for who keeps or audits the exchange."""
    return cursor_page(access.visible_to(actor_of(request)), cursor=cursor, limit=limit, render=_transfer)


@router.post("/transfers", response=BankTransferBegunOut)
@idempotent
def begin_bank_transfer(request: HttpRequest, payload: BankTransferIn) -> BankTransferBegunOut:
    """Send hours to another bank, or bring hours here; send an Idempotency-Key, so that a repeat moves nothing twice."""
    verb = actions.ask_transfer if payload.direction == "out" else actions.ask_to_bring
    made = verb(
        actor=actor_of(request),
        partner_id=payload.partner_id,
        minutes=payload.minutes,
        kind=payload.kind,
        form_key=new_form_key(),
    )
    return BankTransferBegunOut(transfer_id=made)


@router.get("/transfers/{transfer_id}", response=BankTransferOut)
def get_bank_transfer(request: HttpRequest, transfer_id: Identifier) -> dict[str, Any]:
    """One transfer: where it stands."""
    return _transfer(queries.transfer(actor_of(request), transfer_id).transfer)
