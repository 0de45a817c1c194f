"""Waiting lists for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from xinshi.benefits import actions, queries
from xinshi.benefits.api.shell import BenefitRelativeIn, Identifier, router
from xinshi.benefits.domain import WaitingState
from xinshi.doors.api import actor_of, idempotent
from xinshi.kernel.actor import Actor


class BenefitWaitingOut(Schema):
    """A place on a waiting list; `position` counts from 1, `offer_until` is how long a free place is kept for one."""

    id: int
    state: Literal["waiting", "offered", "accepted", "declined", "lapsed", "left", "closed"]
    benefit_id: int
    benefit: str
    slot_id: int | None
    day: date | None
    starts_at: datetime | None
    position: int
    joined_at: datetime
    offer_until: datetime | None
    voucher_id: int | None


class JoinBenefitWaitingIn(Schema):
    """`slot_id` is the full day of a benefit that is given on set days."""

    slot_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class AcceptBenefitOfferIn(Schema):
    relative: BenefitRelativeIn | None = None


class AcceptedBenefitOfferOut(Schema):
    """`is_new` is false where it was accepted before."""

    voucher_id: int
    short_code: str
    is_new: bool


@router.get("/waiting", response=list[BenefitWaitingOut])
def list_own_waiting(request: HttpRequest) -> list[BenefitWaitingOut]:
    """One's own places on waiting lists that have not ended, offers first, at most 50."""
    return [_out(card) for card in queries.own_waiting(actor_of(request))]


@router.get("/waiting/{waiting_id}", response=BenefitWaitingOut)
def show_waiting(request: HttpRequest, waiting_id: Identifier) -> BenefitWaitingOut:
    return _shown(actor_of(request), waiting_id)


@router.post("/waiting/{waiting_id}/accept", response=AcceptedBenefitOfferOut)
@idempotent
def accept_benefit_offer(
    request: HttpRequest, waiting_id: Identifier, payload: AcceptBenefitOfferIn
) -> AcceptedBenefitOfferOut:
    """Take the place that is kept for one: the price is set aside and a voucher is made."""
    relative = payload.relative.relative() if payload.relative else None
    made = actions.accept_offer(actor=actor_of(request), waiting_id=waiting_id, relative=relative)
    return AcceptedBenefitOfferOut(voucher_id=made.voucher_id, short_code=made.short_code, is_new=made.is_new)


@router.post("/waiting/{waiting_id}/leave", response=BenefitWaitingOut)
@idempotent
def leave_benefit_waiting(request: HttpRequest, waiting_id: Identifier) -> BenefitWaitingOut:
    """Wait no longer, or decline what is kept for one; then the next is asked."""
    actor = actor_of(request)
    actions.leave_waiting_list(actor=actor, waiting_id=waiting_id)
    return _shown(actor, waiting_id)


@router.post("/{benefit_id}/wait", response=BenefitWaitingOut)
@idempotent
def join_benefit_waiting(
    request: HttpRequest, benefit_id: Identifier, payload: JoinBenefitWaitingIn
) -> BenefitWaitingOut:
    """Wait for a full day, or for a benefit of which nothing is left. No hours are held while one waits."""
    actor = actor_of(request)
    return _shown(actor, actions.join_waiting_list(actor=actor, benefit_id=benefit_id, slot_id=payload.slot_id))


def _shown(actor: Actor, waiting_id: int) -> BenefitWaitingOut:
    return _out(queries.waiting_entry(actor, waiting_id))


def _out(card: queries.WaitingCard) -> BenefitWaitingOut:
    return BenefitWaitingOut(
        id=card.id,
        state=WaitingState(card.state).value,
        benefit_id=card.benefit_id,
        benefit=card.benefit_name,
        slot_id=card.slot_id,
        day=card.day,
        starts_at=card.starts_at,
        position=card.position,
        joined_at=card.joined_at,
        offer_until=card.offer_until,
        voucher_id=card.voucher_id,
    )
