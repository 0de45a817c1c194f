"""How a voucher ends, once: redeemed at the desk, cancelled, or run out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from xinshi.audit.actions import record
from xinshi.bank.queries import passbooks_by_person
from xinshi.benefits import access
from xinshi.benefits.actions.locking import locked_slot_of_any, locked_voucher
from xinshi.benefits.actions.telling import tell
from xinshi.benefits.domain import (
    REASON_LENGTH_MAX,
    ReasonMissing,
    TooLateToCancel,
    VoucherState,
    ended_refusal,
    redeem_refusal,
)
from xinshi.benefits.events import VoucherCancelled, VoucherExpired, VoucherFulfilled
from xinshi.benefits.models import Benefit, Slot, Voucher
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
    transfer = capture(hold_id=_hold_of(voucher), actor_ref=actor.reference)
    _end(voucher, VoucherState.FULFILLED, actor=actor, at=at)
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
    """Give the hours and the place back: one's own voucher until the day before, anybody's by a clerk with a reason."""
    voucher = locked_voucher(voucher_id)
    access.require_may_cancel(actor, voucher)
    at = clock.now()
    refusal = ended_refusal(
        state=VoucherState(voucher.state), ended_at=voucher.ended_at, expires_at=voucher.expires_at, at=at
    )
    if refusal is not None:
        raise refusal
    is_own = access.is_owner(actor, voucher)
    if is_own and voucher.slot is not None and voucher.slot.day <= clock.local_day(at):
        raise TooLateToCancel
    why = reason.strip()[:REASON_LENGTH_MAX]
    if not is_own and not why:
        raise ReasonMissing
    _cancel(voucher, actor=actor, at=at, why=why, is_own=is_own)


@transaction.atomic
def call_off_slot(*, actor: Actor, slot_id: int, reason: str) -> int:
    """Close a day and cancel every open voucher for it, all or none; returns how many people were told."""
    access.require_manager(actor)
    why = reason.strip()[:REASON_LENGTH_MAX]
    if not why:
        raise ReasonMissing
    slot = locked_slot_of_any(slot_id)
    at = clock.now()
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
    _give_back(voucher, actor=actor)
    _end(voucher, VoucherState.CANCELLED, actor=actor, at=at, reason=why)
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
    """Let vouchers that ran out go, each in a transaction of its own; returns how many. For the worker."""
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
    _give_back(voucher, actor=actor)
    _end(voucher, VoucherState.EXPIRED, actor=actor, at=at)
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
    return True


def _give_back(voucher: Voucher, *, actor: Actor) -> None:
    """The place or piece, then the minutes; the ledger may have given an overdue hold back by itself."""
    if voucher.slot_id is not None:
        Slot.objects.filter(pk=voucher.slot_id).update(taken=F("taken") - 1)
    else:
        Benefit.objects.filter(pk=voucher.benefit_id).update(taken=F("taken") - 1)
    release(hold_id=_hold_of(voucher), actor_ref=actor.reference)


def _end(voucher: Voucher, state: VoucherState, *, actor: Actor, at: datetime, reason: str = "") -> None:
    voucher.state = state.value
    voucher.ended_at = at
    voucher.ended_by_ref = actor.reference
    voucher.reason = reason
    voucher.save(update_fields=["state", "ended_at", "ended_by_ref", "reason"])


def _hold_of(voucher: Voucher) -> int:
    assert voucher.hold_id is not None, "a voucher is made together with its hold"
    return voucher.hold_id
