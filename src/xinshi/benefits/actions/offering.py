"""Creating and changing benefits, and the days of dated ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.benefits import access
from xinshi.benefits.actions.locking import locked_benefit, locked_slot_of_any
from xinshi.benefits.domain import (
    DayExists,
    NewBenefit,
    NewSlot,
    NotDated,
    StockPromised,
    Supply,
    SupplyFixed,
    check_benefit,
    check_places,
    check_slots,
)
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, gettext_noop

FIELDS = (
    "name",
    "description",
    "kind",
    "place",
    "supply",
    "price_minutes",
    "stars_min",
    "stock",
    "valid_days",
    "is_active",
)


@transaction.atomic
def create_benefit(*, actor: Actor, benefit: NewBenefit, slots: Sequence[NewSlot] = ()) -> int:
    """A benefit, with its first days where it is dated; returns its id."""
    access.require_manager(actor)
    values = _checked(benefit)
    row = Benefit.objects.create(**values, created_by_ref=actor.reference, created_at=clock.now())
    record(
        actor=actor,
        action="benefits.create_benefit",
        object_ref=f"benefit:{row.pk}",
        kind=row.kind,
        supply=row.supply,
        price_minutes=row.price_minutes,
    )
    if slots:
        _add(actor, row, slots)
    return row.pk


@transaction.atomic
def change_benefit(*, actor: Actor, benefit_id: int, benefit: NewBenefit) -> list[str]:
    """Make the benefit what `benefit` says; returns the names of the fields that were different.

    Open vouchers keep the minutes they were reserved for. StockPromised, SupplyFixed where promises would break.
    """
    access.require_manager(actor)
    values = _checked(benefit)
    row = locked_benefit(benefit_id)
    changed = [name for name in FIELDS if getattr(row, name) != values[name]]
    if not changed:
        return []
    if "supply" in changed and (row.slots.exists() or Voucher.objects.filter(benefit=row).exists()):
        raise SupplyFixed
    if benefit.stock is not None and benefit.stock < row.taken:
        raise StockPromised(taken=row.taken)
    before = {name: getattr(row, name) for name in changed if name != "description"}
    for name in changed:
        setattr(row, name, values[name])
    row.save(update_fields=changed)
    record(
        actor=actor, action="benefits.change_benefit", object_ref=f"benefit:{row.pk}", changed=changed, before=before
    )
    return changed


@transaction.atomic
def add_slots(*, actor: Actor, benefit_id: int, slots: Sequence[NewSlot]) -> list[int]:
    """Days for a dated benefit, all or none; their ids in the order given. DayExists where one is there already."""
    access.require_manager(actor)
    return _add(actor, locked_benefit(benefit_id), slots)


@transaction.atomic
def change_slot(*, actor: Actor, slot_id: int, places: int) -> bool:
    """Give a day another number of places, 0 to close it; False where nothing was different."""
    access.require_manager(actor)
    check_places(places)
    slot = locked_slot_of_any(slot_id)
    if slot.places == places:
        return False
    if places < slot.taken:
        raise StockPromised(taken=slot.taken)
    Slot.objects.filter(pk=slot_id).update(places=places)
    record(
        actor=actor,
        action="benefits.change_slot",
        object_ref=f"benefit:{slot.benefit_id}",
        slot=slot_id,
        places=places,
        before=slot.places,
    )
    return True


def _checked(benefit: NewBenefit) -> dict[str, object]:
    """The columns of a benefit that fits; Invalid names what does not."""
    check_benefit(benefit)
    if benefit.kind not in Benefit.Kind.values:
        raise Invalid(field=gettext_noop("Kind"), reason=gettext_noop("Choose one of the list."))
    return {
        "name": benefit.name.strip(),
        "description": benefit.description.strip(),
        "kind": benefit.kind,
        "place": benefit.place.strip(),
        "supply": benefit.supply.value,
        "price_minutes": benefit.price_minutes,
        "stars_min": benefit.stars_min,
        "stock": benefit.stock,
        "valid_days": benefit.valid_days,
        "is_active": benefit.is_active,
    }


def _add(actor: Actor, benefit: Benefit, slots: Sequence[NewSlot]) -> list[int]:
    if benefit.supply != Supply.DATED:
        raise NotDated
    check_slots(slots, today=clock.today())
    wanted = [(slot.day, _starts_at(slot)) for slot in slots]
    known = set(benefit.slots.filter(day__in={slot.day for slot in slots}).values_list("day", "starts_at"))
    for number, (day, starts_at) in enumerate(wanted):
        if (day, starts_at) in known or (day, starts_at) in wanted[:number]:
            raise DayExists(day=f"{day:%Y-%m-%d}" + (f" {slots[number].starts:%H:%M}" if starts_at else ""))
    rows = Slot.objects.bulk_create(
        [
            Slot(benefit=benefit, day=day, starts_at=starts_at, places=slot.places)
            for (day, starts_at), slot in zip(wanted, slots, strict=True)
        ]
    )
    record(
        actor=actor,
        action="benefits.add_slots",
        object_ref=f"benefit:{benefit.pk}",
        slots=len(rows),
        places=sum(row.places for row in rows),
        first=min(row.day for row in rows).isoformat(),
        last=max(row.day for row in rows).isoformat(),
    )
    return [row.pk for row in rows]


def _starts_at(slot: NewSlot) -> datetime | None:
    if slot.starts is None:
        return None
    return clock.at_local(slot.day, slot.starts.replace(second=0, microsecond=0, tzinfo=None))
