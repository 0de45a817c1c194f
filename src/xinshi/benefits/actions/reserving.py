"""Reserving a benefit: a place or pieces, a hold on the passbook's account, a voucher; all of it or nothing."""

from __future__ import annotations

from django.db import transaction

from xinshi.bank.models import Passbook
from xinshi.benefits import access
from xinshi.benefits.actions.allotting import allot, next_share
from xinshi.benefits.actions.locking import locked_benefit, locked_passbook, locked_slot
from xinshi.benefits.actions.making import ReservedVoucher, checked_relative, make_voucher
from xinshi.benefits.actions.serving_line import serve_line
from xinshi.benefits.actions.training_places import lock_for_training
from xinshi.benefits.domain import (
    KEY_LENGTH_MAX,
    DayMissing,
    DayOver,
    Relative,
    ReservationKeyReused,
    Supply,
    TooManyPieces,
    obstacle,
    slot_is_over,
)
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.queries.eligibility import histories, standing_with, terms_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound


@transaction.atomic
def reserve(
    *,
    actor: Actor,
    benefit_id: int,
    key: str,
    slot_id: int | None = None,
    person_id: int | None = None,
    pieces: int = 1,
    relative: Relative | None = None,
) -> ReservedVoucher:
    """Reserve a benefit for oneself or for a relative; `slot_id` is the day of a dated one, `key` makes it once per person.

    Only the system itself names another `person_id`. Refusals say what is missing: StarsMissing, NotEnoughHours,
    DayFull, SoldOut, LimitReached, BudgetSpent and their kin.
    """
    assert 0 < len(key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
    who = access.person_for(actor, person_id)
    lock_for_training(who, slot_id)
    passbook = locked_passbook(who)
    earlier = Voucher.objects.filter(person_id=who, key=key).first()
    if earlier is not None:
        if (earlier.benefit_id, earlier.slot_id, earlier.pieces) != (benefit_id, slot_id, pieces):
            raise ReservationKeyReused
        return ReservedVoucher(earlier.pk, earlier.short_code, is_new=False)
    if not access.visible_to(actor).filter(pk=benefit_id).exists():
        raise NotFound
    at = clock.now()
    benefit = locked_benefit(benefit_id)
    slot = chosen_slot(benefit, slot_id)
    if not 1 <= pieces <= benefit.pieces_max:
        raise TooManyPieces(limit=benefit.pieces_max)
    for_whom = checked_relative(benefit, relative)
    refuse_obstacles(benefit, passbook, slot, pieces=pieces)
    if slot is not None and slot_is_over(day=slot.day, starts_at=slot.starts_at, at=at):
        raise DayOver
    serve_line(benefit, slot, at=at)
    share = next_share(benefit, slot, pieces=pieces)
    allot(share)
    return make_voucher(actor, share, passbook, key=key, relative=for_whom, at=at)


def chosen_slot(benefit: Benefit, slot_id: int | None) -> Slot | None:
    """The chosen day of a dated benefit, locked; DayMissing without one, NotFound for another benefit's."""
    if benefit.supply != Supply.DATED:
        if slot_id is not None:
            raise NotFound
        return None
    if slot_id is None:
        raise DayMissing
    return locked_slot(slot_id, benefit=benefit)


def refuse_obstacles(benefit: Benefit, passbook: Passbook, slot: Slot | None, *, pieces: int = 1) -> None:
    """Raise what the conditions refuse. Hours are decided by the ledger and places by the statement that takes them.

    The passbook is locked, so nobody else makes a voucher for this person meanwhile: limits hold under any race.
    """
    counts_on = slot.day if slot else clock.today()
    history = histories(passbook.person_id, {benefit.pk: counts_on}, [benefit])[benefit.pk]
    refusal = obstacle(
        terms_of(benefit, places_left=None),
        standing_with(passbook),
        history=history,
        on=clock.today(),
        counts_on=counts_on,
        pieces=pieces,
    )
    if refusal is not None:
        raise refusal
