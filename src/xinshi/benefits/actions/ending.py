"""How a voucher ends, once: redeemed at the desk, cancelled, or run out; what it gives back is offered to who waits."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from xinshi.audit.actions import record
from xinshi.bank.queries import passbooks_by_person
from xinshi.benefits import access
from xinshi.benefits.actions.allotting import Share, give_back
from xinshi.benefits.actions.locking import locked_slot_of_any, locked_voucher
from xinshi.benefits.actions.marking import end, hold_of
from xinshi.benefits.actions.missing import end_as_missed
from xinshi.benefits.actions.serving_line import close_line, serve_line
from xinshi.benefits.actions.telling import tell
from xinshi.benefits.actions.training_places import leave_training_place
from xinshi.benefits.domain import (
    REASON_LENGTH_MAX,
    ReasonMissing,
    VoucherState,
    cancel_deadline,
    ended_refusal,
    late_refusal,
    redeem_refusal,
)
from xinshi.benefits.events import VoucherCancelled, VoucherExpired, VoucherFulfilled
from xinshi.benefits.models import Slot, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.actions import capture, release
from xinshi.outbox.actions import publish

EXPIRED_AT_ONCE_MAX = 500


@transaction.atomic
def fulfil(*, actor: Actor, voucher_id: int) -> int:
    """Redeem a voucher at the desk: its held minutes are booked. Returns the id of the transfer in the ledger.

    Once, on its day, before it runs out, and never by its owner.
    """
    access.require_clerk(actor)
    voucher = locked_voucher(voucher_id)
    at = clock.now()
    refusal = redeem_refusal(
        state=VoucherState(voucher.state),
        ended_at=voucher.ended_at,
        expires_at=voucher.expires_at,
        slot_day=voucher.slot.day if voucher.slot else None,
        is_own=access.is_owner(actor, voucher),
        at=at,
    )
    if refusal is not None:
        raise refusal
    end(voucher, VoucherState.FULFILLED, actor=actor, at=at)
    transfer = capture(hold_id=hold_of(voucher), actor_ref=actor.reference)
    record(
        actor=actor,
        action="benefits.fulfil",
        object_ref=f"voucher:{voucher.pk}",
        minutes=voucher.minutes,
        transfer=transfer.id,
    )
    publish(
        VoucherFulfilled(
            voucher_id=voucher.pk,
            benefit_id=voucher.benefit_id,
            person_id=voucher.person_id,
            minutes=voucher.minutes,
        )
    )
    tell(voucher, gettext_noop("“%(name)s” was redeemed for %(hours)s hours. Thank you for your service."), "fulfilled")
    return transfer.id


@transaction.atomic
def cancel(*, actor: Actor, voucher_id: int, reason: str = "") -> None:
    """Give the hours and the place back: one's own voucher until its deadline, anybody's by a clerk with a reason."""
    voucher = locked_voucher(voucher_id)
    access.require_may_cancel(actor, voucher)
    at = clock.now()
    refusal = ended_refusal(
        state=VoucherState(voucher.state),
        ended_at=voucher.ended_at,
        expires_at=voucher.expires_at,
        at=at,
        slot_day=voucher.slot.day if voucher.slot else None,
    )
    is_own = access.is_owner(actor, voucher)
    if refusal is None and is_own:
        refusal = late_refusal(deadline_of(voucher), at=at)
    if refusal is not None:
        raise refusal
    why = reason.strip()[:REASON_LENGTH_MAX]
    if not is_own and not why:
        raise ReasonMissing
    _cancel(voucher, actor=actor, at=at, why=why, is_own=is_own)
    serve_line(voucher.benefit, voucher.slot, at=at)


@transaction.atomic
def call_off_slot(*, actor: Actor, slot_id: int, reason: str) -> int:
    """Close a day, cancel its open vouchers and end its waiting list, all or none; returns how many were cancelled."""
    access.require_manager(actor)
    why = reason.strip()[:REASON_LENGTH_MAX]
    if not why:
        raise ReasonMissing
    slot = locked_slot_of_any(slot_id)
    at = clock.now()
    waiting = close_line(slot.benefit, slot, at=at)
    vouchers = _open_vouchers_of(slot, at=at)
    for voucher in vouchers:
        _cancel(voucher, actor=actor, at=at, why=why, is_own=False)
    Slot.objects.filter(pk=slot_id).update(places=F("taken"))
    record(
        actor=actor,
        action="benefits.call_off_slot",
        object_ref=f"benefit:{slot.benefit_id}",
        slot=slot_id,
        vouchers=len(vouchers),
        waiting=waiting,
        reason=why,
    )
    return len(vouchers)


def _open_vouchers_of(slot: Slot, *, at: datetime) -> list[Voucher]:
    """Locked, in the order of their passbooks' accounts, because the ledger locks balances in that order."""
    rows = Voucher.objects.select_for_update(no_key=True).filter(
        slot=slot, state=Voucher.State.RESERVED, expires_at__gt=at
    )
    found = list(rows.order_by("pk"))
    passbooks = passbooks_by_person(voucher.person_id for voucher in found)
    for voucher in found:
        voucher.benefit, voucher.slot = slot.benefit, slot
    return sorted(found, key=lambda voucher: passbooks[voucher.person_id].account_id)


def _cancel(voucher: Voucher, *, actor: Actor, at: datetime, why: str, is_own: bool) -> None:
    end(voucher, VoucherState.CANCELLED, actor=actor, at=at, reason=why)
    give_back(Share.of_voucher(voucher))
    leave_training_place(actor, voucher)
    release(hold_id=hold_of(voucher), actor_ref=actor.reference)
    record(actor=actor, action="benefits.cancel", object_ref=f"voucher:{voucher.pk}", own=is_own, reason=why)
    publish(
        VoucherCancelled(
            voucher_id=voucher.pk,
            benefit_id=voucher.benefit_id,
            person_id=voucher.person_id,
            minutes=voucher.minutes,
        )
    )
    text = (
        gettext_noop("“%(name)s” was cancelled; %(hours)s hours are back in your passbook.")
        if is_own
        else gettext_noop("“%(name)s” was cancelled: %(reason)s. %(hours)s hours are back in your passbook.")
    )
    tell(voucher, text, "cancelled", reason="" if is_own else why)


def expire_overdue(*, actor: Actor, limit: int = EXPIRED_AT_ONCE_MAX) -> int:
    """Let vouchers that ran out go, each in a transaction of its own; returns how many. For the worker.

    A day that nobody came on is missed; anything else just ran out.
    """
    access.require_system(actor)
    overdue = Voucher.objects.filter(state=Voucher.State.RESERVED, expires_at__lte=clock.now()).order_by("expires_at")
    found = list(overdue.values_list("pk", flat=True)[:limit])
    return sum(_expire(actor, voucher_id) for voucher_id in found)


@transaction.atomic
def _expire(actor: Actor, voucher_id: int) -> bool:
    """False where somebody else ended it meanwhile."""
    voucher = locked_voucher(voucher_id)
    at = clock.now()
    if voucher.state != VoucherState.RESERVED or voucher.expires_at > at:
        return False
    if voucher.slot is not None:
        end_as_missed(voucher, actor=actor, at=at)
        return True
    end(voucher, VoucherState.EXPIRED, actor=actor, at=at)
    give_back(Share.of_voucher(voucher))
    release(hold_id=hold_of(voucher), actor_ref=actor.reference)
    record(actor=actor, action="benefits.expire", object_ref=f"voucher:{voucher.pk}", minutes=voucher.minutes)
    publish(
        VoucherExpired(
            voucher_id=voucher.pk,
            benefit_id=voucher.benefit_id,
            person_id=voucher.person_id,
            minutes=voucher.minutes,
        )
    )
    tell(
        voucher,
        gettext_noop("Your voucher for “%(name)s” ran out; %(hours)s hours are back in your passbook."),
        "expired",
    )
    serve_line(voucher.benefit, None, at=at)
    return True


def deadline_of(voucher: Voucher) -> datetime:
    """Until when its owner can cancel it; the voucher has its benefit and slot."""
    return cancel_deadline(
        slot_day=voucher.slot.day if voucher.slot else None,
        starts_at=voucher.slot.starts_at if voucher.slot else None,
        expires_at=voucher.expires_at,
        cancel_hours=voucher.benefit.cancel_hours,
    )
