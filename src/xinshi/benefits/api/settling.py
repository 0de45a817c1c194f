"""Statements with departments for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from xinshi.benefits import actions
from xinshi.benefits.api.shell import Cursor, Identifier, Limit, router
from xinshi.benefits.models import Settlement
from xinshi.benefits.queries import settlement as queries
from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.actor import Actor


class BenefitStatementLineOut(Schema):
    """One benefit of a statement, corrections of earlier statements taken off."""

    benefit_id: int
    benefit: str
    vouchers: int
    pieces: int
    minutes: int
    no_shows: int
    corrections: int


class BenefitStatementOut(Schema):
    """What one department gave in one month; minutes of service, never money. Lines stand once it is confirmed."""

    id: int
    provider_id: int
    provider: str
    month: date
    state: Settlement.State
    confirmed_at: datetime | None
    settled_at: datetime | None
    lines: list[BenefitStatementLineOut]


class DraftBenefitStatementIn(Schema):
    """Any day of the month."""

    provider_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    month: date


@router.get("/statements", response=CursorPage[BenefitStatementOut])
def list_statements(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Statements that the caller may see: managers and auditors all, leaders those of their department."""
    return cursor_page(
        queries.statements(actor_of(request)), cursor=cursor, limit=limit, render=lambda row: _out(queries.card_of(row))
    )


@router.post("/statements", response=BenefitStatementOut)
@idempotent
def draft_statement(request: HttpRequest, payload: DraftBenefitStatementIn) -> BenefitStatementOut:
    """Draw up a department's month; the one that is there already keeps its state. Coordinators and administrators."""
    actor = actor_of(request)
    made = actions.draft_settlement(actor=actor, provider_id=payload.provider_id, month=payload.month)
    return _shown(actor, made)


@router.get("/statements/{settlement_id}", response=BenefitStatementOut)
def show_statement(request: HttpRequest, settlement_id: Identifier) -> BenefitStatementOut:
    return _shown(actor_of(request), settlement_id)


@router.post("/statements/{settlement_id}/confirm", response=BenefitStatementOut)
@idempotent
def confirm_statement(request: HttpRequest, settlement_id: Identifier) -> BenefitStatementOut:
    """Freeze a month that is over; a leader of the department, a coordinator or administrator."""
    actor = actor_of(request)
    actions.confirm_settlement(actor=actor, settlement_id=settlement_id)
    return _shown(actor, settlement_id)


@router.post("/statements/{settlement_id}/settle", response=BenefitStatementOut)
@idempotent
def settle_statement(request: HttpRequest, settlement_id: Identifier) -> BenefitStatementOut:
    """An administrator who did not confirm it."""
    actor = actor_of(request)
    actions.settle(actor=actor, settlement_id=settlement_id)
    return _shown(actor, settlement_id)


def _shown(actor: Actor, settlement_id: int) -> BenefitStatementOut:
    return _out(queries.statement(actor, settlement_id))


def _out(card: queries.StatementCard) -> BenefitStatementOut:
    return BenefitStatementOut(
        id=card.id,
        provider_id=card.provider_id,
        provider=card.provider_name,
        month=card.month,
        state=Settlement.State(card.state),
        confirmed_at=card.confirmed_at,
        settled_at=card.settled_at,
        lines=[
            BenefitStatementLineOut(
                benefit_id=line.benefit_id,
                benefit=line.benefit_name,
                vouchers=line.vouchers,
                pieces=line.pieces,
                minutes=line.minutes,
                no_shows=line.no_shows,
                corrections=line.corrections,
            )
            for line in card.lines
        ],
    )
