"""Locks of this room, in this order: passbook, benefit, slot, voucher or waiting place, then the ledger's balance."""

from __future__ import annotations

from xinshi.bank.models import Passbook
from xinshi.benefits.domain import PassbookMissing
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.kernel.errors import NotFound


def locked_passbook(person_id: int) -> Passbook:
    """Whoever reserves for this person waits here; PassbookMissing where they have none."""
    found = Passbook.objects.select_for_update(no_key=True).filter(person_id=person_id).first()
    if found is None:
        raise PassbookMissing
    return found


def locked_benefit(benefit_id: int) -> Benefit:
    """Nobody reserves it, gives it back or changes it until the transaction ends."""
    found = Benefit.objects.select_for_update(no_key=True).filter(pk=benefit_id).first()
    if found is None:
        raise NotFound
    return found


def locked_slot(slot_id: int, *, benefit: Benefit) -> Slot:
    """A day of a benefit that is locked; NotFound where it belongs to another."""
    found = Slot.objects.select_for_update(no_key=True).filter(pk=slot_id, benefit=benefit).first()
    if found is None:
        raise NotFound
    return found


def locked_slot_of_any(slot_id: int) -> Slot:
    """A day with its benefit, both locked; NotFound where there is none."""
    benefit_id = Slot.objects.filter(pk=slot_id).values_list("benefit_id", flat=True).first()
    if benefit_id is None:
        raise NotFound
    benefit = locked_benefit(benefit_id)
    slot = locked_slot(slot_id, benefit=benefit)
    slot.benefit = benefit
    return slot


def locked_voucher(voucher_id: int) -> Voucher:
    """A voucher with its benefit and slot, all locked; NotFound where there is none."""
    known = Voucher.objects.filter(pk=voucher_id).values_list("benefit_id", "slot_id").first()
    if known is None:
        raise NotFound
    benefit = locked_benefit(known[0])
    slot = locked_slot(known[1], benefit=benefit) if known[1] is not None else None
    found = Voucher.objects.select_for_update(no_key=True).get(pk=voucher_id)
    found.benefit = benefit
    found.slot = slot
    return found
