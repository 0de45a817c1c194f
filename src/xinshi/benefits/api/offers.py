"""Benefits and vouchers for programs: what is offered, reserving, cancelling, the desk, managing."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Schema
from pydantic import Field

from xinshi.benefits import access, actions, queries
from xinshi.benefits.api.shell import BenefitReasonIn, BenefitRelativeIn, Cursor, Identifier, Limit, Text, router
from xinshi.benefits.domain import (
    AGE_MAX,
    BUDGET_MINUTES_MAX,
    CANCEL_HOURS_MAX,
    DESCRIPTION_LENGTH_MAX,
    GROUPS,
    HANDOUT_LENGTH_MAX,
    LIMIT_MAX,
    NAME_LENGTH_MAX,
    NO_SHOWS_MAX,
    NOTE_LENGTH_MAX,
    OFFER_HOURS_MAX,
    PIECES_MAX,
    PLACE_LENGTH_MAX,
    PLACES_MAX,
    PRICE_MINUTES_MAX,
    REASON_LENGTH_MAX,
    RULE_DAYS_MAX,
    SLOTS_AT_ONCE_MAX,
    STARS_MAX,
    STOCK_MAX,
    VALID_DAYS_MAX,
    NewBenefit,
    NewSlot,
    Period,
    Supply,
    VoucherState,
)
from xinshi.benefits.forms import new_key
from xinshi.benefits.models import Benefit, Voucher
from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.doors.pages import refusal_text
from xinshi.kernel.actor import Actor


class BenefitWhyNotOut(Schema):
    """Why the caller cannot reserve it now; `code` is stable, `detail` says what would help."""

    code: str
    detail: str


class BenefitOut(Schema):
    """A benefit on offer; `places_left` is null where it never runs out, `why_not` null where nothing is in the way."""

    id: int
    name: str
    description: str
    kind: str
    place: str
    supply: Literal["dated", "stock", "unlimited"]
    price_minutes: int
    stars_min: int
    valid_days: int
    is_active: bool
    places_left: int | None
    next_day: date | None
    why_not: BenefitWhyNotOut | None
    provider: str
    age_min: int | None
    age_max: int | None
    groups: list[Literal["staff", "student", "citizen"]]
    for_relatives: bool
    pieces_max: int
    offered_from: date | None
    offered_until: date | None
    limit_pieces: int | None
    limit_period: Literal["month", "quarter", "year", "ever"] | None
    cancel_hours: int
    offer_hours: int
    no_show_keeps_minutes: bool
    no_show_max: int | None
    no_show_pause_days: int
    waiting: int


class BenefitSlotOut(Schema):
    """A coming day; `starts_at` is null where any time of the day will do."""

    id: int
    day: date
    starts_at: datetime | None
    places: int
    taken: int
    places_left: int
    note: str
    waiting: int


class BenefitDetailOut(BenefitOut):
    """A benefit with its coming days and the minutes that the caller can spend (null without a person)."""

    slots: list[BenefitSlotOut]
    available_minutes: int | None


class VoucherOut(Schema):
    """A voucher; `short_code` is what the desk types, the QR code leads to `/benefits/v/<short_code>/`.

    Only its owner and clerks see the short code; for others it is empty. `for_whom` is the masked name of a relative.
    """

    id: int
    short_code: str
    state: Literal["reserved", "fulfilled", "cancelled", "expired", "no_show", "excused", "refunded"]
    benefit_id: int
    benefit: str
    slot_id: int | None
    day: date | None
    starts_at: datetime | None
    minutes: int
    person_id: int
    expires_at: datetime
    reserved_at: datetime
    ended_at: datetime | None
    reason: str
    pieces: int
    for_whom: str
    cancel_until: datetime
    undone_at: datetime | None
    undone_reason: str


class DeskVoucherOut(VoucherOut):
    """A voucher as the desk sees it: whose it is, and why it is not redeemed now (null is a yes)."""

    person_name: str
    volunteer_number: str
    relation: str
    beneficiary_name: str
    beneficiary_digits: str
    handout: str
    why_not: BenefitWhyNotOut | None


class ReserveBenefitIn(Schema):
    """`slot_id` is the day of a benefit that is given on set days; without a relative it is for oneself."""

    slot_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    pieces: Annotated[int, Field(ge=1, le=PIECES_MAX)] = 1
    relative: BenefitRelativeIn | None = None


class ReservedVoucherOut(Schema):
    """`is_new` is false where the same request was made before."""

    voucher_id: int
    short_code: str
    is_new: bool


class CancelVoucherIn(Schema):
    """A clerk says why; the owner need not."""

    reason: Annotated[Text, Field(max_length=REASON_LENGTH_MAX)] = ""


class FulfilledVoucherOut(Schema):
    """The booking in the ledger."""

    voucher_id: int
    transfer_id: int


class BenefitIn(Schema):
    name: Annotated[Text, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
    kind: Annotated[Text, Field(max_length=16)]
    supply: Supply
    price_minutes: Annotated[int, Field(ge=1, le=PRICE_MINUTES_MAX)]
    description: Annotated[Text, Field(max_length=DESCRIPTION_LENGTH_MAX)] = ""
    place: Annotated[Text, Field(max_length=PLACE_LENGTH_MAX)] = ""
    stars_min: Annotated[int, Field(ge=0, le=STARS_MAX)] = 0
    stock: Annotated[int, Field(ge=0, le=STOCK_MAX)] | None = None
    valid_days: Annotated[int, Field(ge=1, le=VALID_DAYS_MAX)] = 30
    is_active: bool = True
    handout: Annotated[Text, Field(max_length=HANDOUT_LENGTH_MAX)] = ""
    provider_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    age_min: Annotated[int, Field(ge=1, le=AGE_MAX)] | None = None
    age_max: Annotated[int, Field(ge=1, le=AGE_MAX)] | None = None
    groups: Annotated[list[Literal["staff", "student", "citizen"]], Field(max_length=3)] = []
    for_relatives: bool = False
    pieces_max: Annotated[int, Field(ge=1, le=PIECES_MAX)] = 1
    offered_from: date | None = None
    offered_until: date | None = None
    limit_pieces: Annotated[int, Field(ge=1, le=LIMIT_MAX)] | None = None
    limit_period: Period | None = None
    budget_minutes: Annotated[int, Field(ge=0, le=BUDGET_MINUTES_MAX)] | None = None
    budget_pieces: Annotated[int, Field(ge=0, le=STOCK_MAX)] | None = None
    budget_period: Period | None = None
    cancel_hours: Annotated[int, Field(ge=0, le=CANCEL_HOURS_MAX)] = 0
    offer_hours: Annotated[int, Field(ge=1, le=OFFER_HOURS_MAX)] = 24
    no_show_keeps_minutes: bool = False
    no_show_max: Annotated[int, Field(ge=1, le=NO_SHOWS_MAX)] | None = None
    no_show_days: Annotated[int, Field(ge=1, le=RULE_DAYS_MAX)] = 180
    no_show_pause_days: Annotated[int, Field(ge=1, le=RULE_DAYS_MAX)] = 30

    def benefit(self) -> NewBenefit:
        values = self.model_dump()
        return NewBenefit(**values | {"groups": tuple(group for group in GROUPS if group in self.groups)})


class BenefitSlotIn(Schema):
    """`starts` is the hospital's clock, without a time zone; null for the whole day."""

    day: date
    places: Annotated[int, Field(ge=0, le=PLACES_MAX)]
    starts: time | None = None
    note: Annotated[Text, Field(max_length=NOTE_LENGTH_MAX)] = ""


class BenefitSlotsIn(Schema):
    slots: Annotated[list[BenefitSlotIn], Field(min_length=1, max_length=SLOTS_AT_ONCE_MAX)]


class BenefitPlacesIn(Schema):
    places: Annotated[int, Field(ge=0, le=PLACES_MAX)]


class BenefitSlotCalledOffOut(Schema):
    """How many vouchers were cancelled."""

    cancelled: int


class BenefitCreatedOut(Schema):
    benefit_id: int


class BenefitChangedOut(Schema):
    """The fields that were different."""

    changed: list[str]


class BenefitSlotsAddedOut(Schema):
    slot_ids: list[int]


class BenefitSlotChangedOut(Schema):
    changed: bool


@router.get("", response=CursorPage[BenefitOut])
def list_benefits(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """What is on offer, each with what keeps the caller from it."""
    actor = actor_of(request)
    standing = queries.standing_of(actor)

    def render(row: Benefit) -> BenefitOut:
        return BenefitOut(**_offer(queries.offers_of(actor, [row], standing)[0]))

    return cursor_page(queries.offered_benefits(actor), cursor=cursor, limit=limit, render=render)


@router.post("", response=BenefitCreatedOut)
@idempotent
def create_benefit(request: HttpRequest, payload: BenefitIn) -> BenefitCreatedOut:
    """Coordinators and administrators."""
    made = actions.create_benefit(actor=actor_of(request), benefit=payload.benefit())
    return BenefitCreatedOut(benefit_id=made)


@router.get("/vouchers", response=CursorPage[VoucherOut])
def list_own_vouchers(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """One's own vouchers, newest first."""

    def render(row: Voucher) -> VoucherOut:
        return VoucherOut(**_voucher(queries.card_of(row)))

    return cursor_page(queries.vouchers(actor_of(request)), cursor=cursor, limit=limit, render=render)


@router.get("/vouchers/due-today", response=list[DeskVoucherOut])
def list_vouchers_due_today(request: HttpRequest) -> list[DeskVoucherOut]:
    """Open vouchers that may be redeemed today, at most 200; clerks and administrators."""
    actor = actor_of(request)
    access.require_clerk(actor)
    return [_desk_voucher(request, card) for card in queries.open_vouchers_today()]


@router.get("/vouchers/by-code/{code}", response=DeskVoucherOut)
def check_voucher(request: HttpRequest, code: Annotated[str, Path(max_length=200)]) -> DeskVoucherOut:
    """The desk's verdict on a short code as it was typed or scanned; clerks and administrators."""
    actor = actor_of(request)
    access.require_clerk(actor)
    return _desk_voucher(request, queries.voucher_by_code(actor, code))


@router.get("/vouchers/{voucher_id}", response=VoucherOut)
def show_voucher(request: HttpRequest, voucher_id: Identifier) -> VoucherOut:
    return _shown(actor_of(request), voucher_id)


@router.post("/vouchers/{voucher_id}/cancel", response=VoucherOut)
@idempotent
def cancel_voucher(request: HttpRequest, voucher_id: Identifier, payload: CancelVoucherIn) -> VoucherOut:
    """One's own until `cancel_until`; anybody's by a clerk with a reason. Hours and place come back."""
    actor = actor_of(request)
    actions.cancel(actor=actor, voucher_id=voucher_id, reason=payload.reason)
    return _shown(actor, voucher_id)


@router.post("/vouchers/{voucher_id}/fulfil", response=FulfilledVoucherOut)
@idempotent
def fulfil_voucher(request: HttpRequest, voucher_id: Identifier) -> FulfilledVoucherOut:
    """Redeem a voucher: its held minutes are booked, once; clerks and administrators, never their own."""
    transfer_id = actions.fulfil(actor=actor_of(request), voucher_id=voucher_id)
    return FulfilledVoucherOut(voucher_id=voucher_id, transfer_id=transfer_id)


@router.post("/vouchers/{voucher_id}/no-show", response=VoucherOut)
@idempotent
def mark_voucher_missed(request: HttpRequest, voucher_id: Identifier) -> VoucherOut:
    """Nobody came, once its day or time has begun; clerks and administrators, never their own."""
    actor = actor_of(request)
    actions.mark_no_show(actor=actor, voucher_id=voucher_id)
    return _shown(actor, voucher_id)


@router.post("/vouchers/{voucher_id}/undo", response=VoucherOut)
@idempotent
def undo_voucher(request: HttpRequest, voucher_id: Identifier, payload: BenefitReasonIn) -> VoucherOut:
    """Take back what one redeemed oneself at the desk, within ten minutes, by a reversal."""
    actor = actor_of(request)
    actions.undo_redeeming(actor=actor, voucher_id=voucher_id, reason=payload.reason)
    return _shown(actor, voucher_id)


@router.post("/vouchers/{voucher_id}/refund", response=VoucherOut)
@idempotent
def refund_voucher(request: HttpRequest, voucher_id: Identifier, payload: BenefitReasonIn) -> VoucherOut:
    """Take a redeemed voucher back by a reversal; coordinators and administrators, never their own."""
    actor = actor_of(request)
    actions.refund(actor=actor, voucher_id=voucher_id, reason=payload.reason)
    return _shown(actor, voucher_id)


@router.post("/vouchers/{voucher_id}/excuse", response=VoucherOut)
@idempotent
def excuse_voucher(request: HttpRequest, voucher_id: Identifier, payload: BenefitReasonIn) -> VoucherOut:
    """Excuse a missed day; hours that were kept come back by a reversal. Coordinators and administrators."""
    actor = actor_of(request)
    actions.excuse_no_show(actor=actor, voucher_id=voucher_id, reason=payload.reason)
    return _shown(actor, voucher_id)


@router.post("/slots/{slot_id}", response=BenefitSlotChangedOut)
@idempotent
def change_benefit_slot(request: HttpRequest, slot_id: Identifier, payload: BenefitPlacesIn) -> BenefitSlotChangedOut:
    """Another number of places for one day, 0 to close it; coordinators and administrators."""
    changed = actions.change_slot(actor=actor_of(request), slot_id=slot_id, places=payload.places)
    return BenefitSlotChangedOut(changed=changed)


@router.post("/slots/{slot_id}/call-off", response=BenefitSlotCalledOffOut)
@idempotent
def call_off_benefit_slot(
    request: HttpRequest, slot_id: Identifier, payload: BenefitReasonIn
) -> BenefitSlotCalledOffOut:
    """Close a day and cancel every open voucher for it; its people are told why. Coordinators and administrators."""
    told = actions.call_off_slot(actor=actor_of(request), slot_id=slot_id, reason=payload.reason)
    return BenefitSlotCalledOffOut(cancelled=told)


@router.get("/{benefit_id}", response=BenefitDetailOut)
def show_benefit(request: HttpRequest, benefit_id: Identifier) -> BenefitDetailOut:
    """One benefit with its coming days."""
    actor = actor_of(request)
    standing = queries.standing_of(actor)
    offer = queries.offer(actor, benefit_id, standing)
    slots = [
        BenefitSlotOut(
            id=slot.id,
            day=slot.day,
            starts_at=slot.starts_at,
            places=slot.places,
            taken=slot.taken,
            places_left=max(0, slot.places_left),
            note=slot.note,
            waiting=slot.waiting,
        )
        for slot in queries.coming_slots(offer.row)
    ]
    return BenefitDetailOut(
        **_offer(offer),
        slots=slots,
        available_minutes=standing.available_minutes if standing else None,
    )


@router.put("/{benefit_id}", response=BenefitChangedOut)
@idempotent
def change_benefit(request: HttpRequest, benefit_id: Identifier, payload: BenefitIn) -> BenefitChangedOut:
    """Coordinators and administrators; open vouchers keep the minutes they were reserved for."""
    changed = actions.change_benefit(actor=actor_of(request), benefit_id=benefit_id, benefit=payload.benefit())
    return BenefitChangedOut(changed=changed)


@router.post("/{benefit_id}/slots", response=BenefitSlotsAddedOut)
@idempotent
def add_benefit_slots(request: HttpRequest, benefit_id: Identifier, payload: BenefitSlotsIn) -> BenefitSlotsAddedOut:
    """Days for a benefit that is given on set days, all or none; coordinators and administrators."""
    new = [NewSlot(day=slot.day, places=slot.places, starts=slot.starts, note=slot.note) for slot in payload.slots]
    return BenefitSlotsAddedOut(slot_ids=actions.add_slots(actor=actor_of(request), benefit_id=benefit_id, slots=new))


@router.post("/{benefit_id}/reserve", response=ReservedVoucherOut)
@idempotent
def reserve_benefit(request: HttpRequest, benefit_id: Identifier, payload: ReserveBenefitIn) -> ReservedVoucherOut:
    """Reserve for oneself: a place or piece is taken, the price is set aside, a voucher is made; all or nothing.

    Send an `Idempotency-Key`: the same key never reserves twice, even long after.
    """
    sent = request.headers.get("Idempotency-Key", "")
    made = actions.reserve(
        actor=actor_of(request),
        benefit_id=benefit_id,
        slot_id=payload.slot_id,
        pieces=payload.pieces,
        relative=payload.relative.relative() if payload.relative else None,
        key=hashlib.sha256(sent.encode()).hexdigest() if sent else new_key(),
    )
    return ReservedVoucherOut(voucher_id=made.voucher_id, short_code=made.short_code, is_new=made.is_new)


OF_THE_ROW = (
    "age_min",
    "age_max",
    "for_relatives",
    "pieces_max",
    "offered_from",
    "offered_until",
    "limit_pieces",
    "cancel_hours",
    "offer_hours",
    "no_show_keeps_minutes",
    "no_show_max",
    "no_show_pause_days",
)


def _offer(offer: queries.Offer) -> dict[str, Any]:
    refusal = offer.refusal
    return {
        "id": offer.id,
        "name": offer.name,
        "description": offer.description,
        "kind": offer.kind,
        "place": offer.place,
        "supply": offer.supply,
        "price_minutes": offer.price_minutes,
        "stars_min": offer.stars_min,
        "valid_days": offer.valid_days,
        "is_active": offer.is_active,
        "places_left": offer.places_left,
        "next_day": offer.next_day,
        "why_not": BenefitWhyNotOut(code=refusal.code, detail=refusal_text(refusal)) if refusal else None,
        "provider": offer.provider_name,
        "groups": list(offer.groups),
        "limit_period": offer.row.limit_period or None,
        "waiting": offer.waiting,
        **{name: getattr(offer.row, name) for name in OF_THE_ROW},
    }


def _shown(actor: Actor, voucher_id: int) -> VoucherOut:
    card = queries.voucher(actor, voucher_id)
    values = _voucher(card)
    if actor.person_id != card.person_id and not access.is_clerk(actor):
        values["short_code"] = ""
    return VoucherOut(**values)


def _voucher(card: queries.VoucherCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "short_code": card.short_code,
        "state": VoucherState(card.state).value,
        "benefit_id": card.benefit_id,
        "benefit": card.benefit_name,
        "slot_id": card.slot_id,
        "day": card.day,
        "starts_at": card.starts_at,
        "minutes": card.minutes,
        "person_id": card.person_id,
        "expires_at": card.expires_at,
        "reserved_at": card.reserved_at,
        "ended_at": card.ended_at,
        "reason": card.reason,
        "pieces": card.pieces,
        "for_whom": card.for_whom,
        "cancel_until": card.cancel_until,
        "undone_at": card.undone_at,
        "undone_reason": card.undone_reason,
    }


def _desk_voucher(request: HttpRequest, card: queries.VoucherCard) -> DeskVoucherOut:
    refusal = queries.why_not_redeemed(actor_of(request), card)
    return DeskVoucherOut(
        **_voucher(card),
        person_name=card.person_name,
        volunteer_number=card.volunteer_number,
        relation=card.relation_label,
        beneficiary_name=card.beneficiary_name,
        beneficiary_digits=card.beneficiary_digits,
        handout=card.handout,
        why_not=BenefitWhyNotOut(code=refusal.code, detail=refusal_text(refusal)) if refusal else None,
    )
