"""Reserving a benefit: a place or a piece, a hold on the passbook's account, a voucher; all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from xinshi.audit.actions import record
from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.benefits import access
from xinshi.benefits.actions.locking import locked_benefit, locked_passbook, locked_slot
from xinshi.benefits.actions.telling import tell
from xinshi.benefits.domain import (
    HOLD_KIND,
    KEY_LENGTH_MAX,
    DayFull,
    DayMissing,
    DayOver,
    ReservationKeyReused,
    SoldOut,
    Standing,
    Supply,
    Terms,
    expiry,
    not_enough_hours,
    obstacle,
    slot_is_over,
)
from xinshi.benefits.events import VoucherReserved
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.kernel.ids import new_short_code
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountKind, InsufficientMinutes
from xinshi.ledger.queries import balance
from xinshi.outbox.actions import publish


@dataclass(frozen=True, slots=True)
class ReservedVoucher:
    """`is_new` is False where the same form was sent before: nothing was held a second time."""

    voucher_id: int
    short_code: str
    is_new: bool


@transaction.atomic
def reserve(
    *, actor: Actor, benefit_id: int, key: str, slot_id: int | None = None, person_id: int | None = None
) -> ReservedVoucher:
    """Reserve a benefit for oneself; `slot_id` is the day of a dated one, `key` makes it once per person.

    Only the system itself names another `person_id`. Refusals say what is missing: StarsMissing, NotEnoughHours,
    DayFull, SoldOut and their kin.
    """
    assert 0 < len(key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
    who = access.person_for(actor, person_id)
    passbook = locked_passbook(who)
    earlier = Voucher.objects.filter(person_id=who, key=key).first()
    if earlier is not None:
        if (earlier.benefit_id, earlier.slot_id) != (benefit_id, slot_id):
            raise ReservationKeyReused
        return ReservedVoucher(earlier.pk, earlier.short_code, is_new=False)
    if not access.visible_to(actor).filter(pk=benefit_id).exists():
        raise NotFound
    at = clock.now()
    benefit = locked_benefit(benefit_id)
    refusal = obstacle(_terms(benefit), _standing(passbook))
    if refusal is not None:
        raise refusal
    slot = _take_place(benefit, slot_id, at=at)
    voucher = _create(actor, benefit, slot, person_id=who, key=key, at=at)
    _hold_minutes(actor, voucher, benefit, passbook)
    record(
        actor=actor,
        action="benefits.reserve",
        object_ref=f"voucher:{voucher.pk}",
        benefit=benefit.pk,
        slot=slot_id,
        minutes=voucher.minutes,
        person=who,
    )
    publish(VoucherReserved(voucher_id=voucher.pk, benefit_id=benefit.pk, person_id=who, minutes=voucher.minutes))
    tell(voucher, gettext_noop("“%(name)s” is reserved for you; %(hours)s hours are set aside for it."), "reserved")
    return ReservedVoucher(voucher.pk, voucher.short_code, is_new=True)


def _terms(benefit: Benefit) -> Terms:
    """What the locked benefit asks for; whether a place is left is decided by the statement that takes it."""
    return Terms(
        is_active=benefit.is_active,
        supply=Supply(benefit.supply),
        price_minutes=benefit.price_minutes,
        stars_min=benefit.stars_min,
        places_left=None,
    )


def _standing(passbook: Passbook) -> Standing:
    """What the person brings; whether the balance is enough is decided by the ledger, under its lock."""
    return Standing(
        passbook_state=passbook.state,
        star_level=passbook.star_level,
        certified_minutes=passbook.certified_minutes,
        available_minutes=None,
        star_thresholds_minutes=policy_in_force().star_thresholds_minutes,
    )


def _take_place(benefit: Benefit, slot_id: int | None, *, at: datetime) -> Slot | None:
    """Take a place of the day, or a piece of the stock, by one conditional UPDATE; the day, if there is one."""
    if benefit.supply != Supply.DATED:
        if slot_id is not None:
            raise NotFound
        free = Benefit.objects.filter(Q(stock=None) | Q(taken__lt=F("stock")), pk=benefit.pk)
        if not free.update(taken=F("taken") + 1):
            raise SoldOut
        return None
    if slot_id is None:
        raise DayMissing
    slot = locked_slot(slot_id, benefit=benefit)
    if slot_is_over(day=slot.day, starts_at=slot.starts_at, at=at):
        raise DayOver
    if not Slot.objects.filter(pk=slot_id, taken__lt=F("places")).update(taken=F("taken") + 1):
        raise DayFull
    return slot


def _create(actor: Actor, benefit: Benefit, slot: Slot | None, *, person_id: int, key: str, at: datetime) -> Voucher:
    return Voucher.objects.create(
        person_id=person_id,
        benefit=benefit,
        slot=slot,
        minutes=benefit.price_minutes,
        short_code=new_short_code(),
        key=key,
        expires_at=expiry(slot_day=slot.day if slot else None, valid_days=benefit.valid_days, at=at),
        reserved_at=at,
        reserved_by_ref=actor.reference,
    )


def _hold_minutes(actor: Actor, voucher: Voucher, benefit: Benefit, passbook: Passbook) -> None:
    """Set the price aside in the ledger; NotEnoughHours says how many hours are missing."""
    try:
        held = hold(
            key=f"voucher:{voucher.pk}",
            account_id=passbook.account_id,
            to_id=system_account(AccountKind.REDEMPTION),
            minutes=voucher.minutes,
            kind=HOLD_KIND,
            expires_at=voucher.expires_at,
            actor_ref=actor.reference,
            memo=benefit.name,
        )
    except InsufficientMinutes:
        available = balance(passbook.account_id).available
        raise not_enough_hours(price_minutes=voucher.minutes, available_minutes=available) from None
    voucher.hold_id = held.id
    voucher.save(update_fields=["hold_id"])
