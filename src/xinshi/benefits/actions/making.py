"""Making a voucher for a place that is taken already: the row, the hold in the ledger, and who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xinshi.audit.actions import record
from xinshi.bank.models import Passbook
from xinshi.benefits.actions.allotting import Share
from xinshi.benefits.actions.telling import tell
from xinshi.benefits.actions.training_places import take_training_place
from xinshi.benefits.domain import (
    HOLD_KEPT,
    HOLD_KIND,
    OnlyForOneself,
    Relative,
    check_relative,
    expiry,
    not_enough_hours,
)
from xinshi.benefits.events import VoucherReserved
from xinshi.benefits.models import Benefit, Voucher
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
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


def checked_relative(benefit: Benefit, relative: Relative | None) -> Relative | None:
    """OnlyForOneself where the benefit is not for relatives."""
    if relative is None:
        return None
    if not benefit.for_relatives:
        raise OnlyForOneself
    return check_relative(relative)


def make_voucher(
    actor: Actor, share: Share, passbook: Passbook, *, key: str, relative: Relative | None, at: datetime
) -> ReservedVoucher:
    """The voucher with its minutes set aside; NotEnoughHours says how many are missing."""
    benefit, slot = share.benefit, share.slot
    voucher = Voucher.objects.create(
        person_id=passbook.person_id,
        benefit=benefit,
        slot=slot,
        pieces=share.pieces,
        minutes=share.minutes,
        counts_on=share.counts_on,
        keeps_minutes=benefit.no_show_keeps_minutes and slot is not None,
        relation=relative.relation.value if relative else "",
        beneficiary_name=relative.name if relative else "",
        beneficiary_digits=relative.digits if relative else "",
        short_code=new_short_code(),
        key=key,
        expires_at=expiry(slot_day=slot.day if slot else None, valid_days=benefit.valid_days, at=at),
        reserved_at=at,
        reserved_by_ref=actor.reference,
    )
    _hold_minutes(actor, voucher, passbook)
    record(
        actor=actor,
        action="benefits.reserve",
        object_ref=f"voucher:{voucher.pk}",
        benefit=benefit.pk,
        slot=slot.pk if slot else None,
        pieces=voucher.pieces,
        minutes=voucher.minutes,
        person=passbook.person_id,
        for_relative=relative is not None,
    )
    publish(
        VoucherReserved(
            voucher_id=voucher.pk, benefit_id=benefit.pk, person_id=passbook.person_id, minutes=voucher.minutes
        )
    )
    take_training_place(actor, voucher, slot)
    tell(voucher, gettext_noop("“%(name)s” is reserved for you; %(hours)s hours are set aside for it."), "reserved")
    return ReservedVoucher(voucher.pk, voucher.short_code, is_new=True)


def _hold_minutes(actor: Actor, voucher: Voucher, passbook: Passbook) -> None:
    """A hold whose minutes are kept when nobody comes must outlive its voucher, or the ledger would give them back."""
    try:
        held = hold(
            key=f"voucher:{voucher.pk}",
            account_id=passbook.account_id,
            to_id=system_account(AccountKind.REDEMPTION),
            minutes=voucher.minutes,
            kind=HOLD_KIND,
            expires_at=voucher.expires_at + HOLD_KEPT if voucher.keeps_minutes else voucher.expires_at,
            actor_ref=actor.reference,
            memo=voucher.benefit.name,
        )
    except InsufficientMinutes:
        available = balance(passbook.account_id).available
        raise not_enough_hours(price_minutes=voucher.minutes, available_minutes=available) from None
    voucher.hold_id = held.id
    voucher.save(update_fields=["hold_id"])
