"""Creating and changing benefits, and the days of dated ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.benefits import access
from xinshi.benefits.actions.allotting import renew_budgets
from xinshi.benefits.actions.locking import locked_benefit, locked_slot_of_any
from xinshi.benefits.actions.serving_line import serve_line
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
from xinshi.organizations.models import Organization

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
    "handout",
    "provider_id",
    "age_min",
    "age_max",
    "groups",
    "for_relatives",
    "pieces_max",
    "offered_from",
    "offered_until",
    "limit_pieces",
    "limit_period",
    "budget_minutes",
    "budget_pieces",
    "budget_period",
    "cancel_hours",
    "offer_hours",
    "no_show_keeps_minutes",
    "no_show_max",
    "no_show_days",
    "no_show_pause_days",
)
AS_GIVEN = (
    "provider_id",
    "age_min",
    "age_max",
    "for_relatives",
    "pieces_max",
    "offered_from",
    "offered_until",
    "limit_pieces",
    "budget_minutes",
    "budget_pieces",
    "cancel_hours",
    "offer_hours",
    "no_show_keeps_minutes",
    "no_show_max",
    "no_show_days",
    "no_show_pause_days",
)
"""Fields of a benefit that are stored as they are given."""
BUDGET_FIELDS = frozenset({"budget_minutes", "budget_pieces", "budget_period"})


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

    Open vouchers keep the minutes they were reserved for. StockPromised, BudgetPromised, SupplyFixed where promises would
    break. What a larger stock or budget sets free is offered to who waits.
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
    before = {name: _plain(getattr(row, name)) for name in changed if name != "description"}
    for name in changed:
        setattr(row, name, values[name])
    row.save(update_fields=changed)
    if not BUDGET_FIELDS.isdisjoint(changed):
        renew_budgets(row)
    if row.supply != Supply.DATED:
        serve_line(row, None, at=clock.now())
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
    serve_line(slot.benefit, slot, at=clock.now())
    return True


def _checked(benefit: NewBenefit) -> dict[str, object]:
    """The columns of a benefit that fits; Invalid names what does not."""
    check_benefit(benefit)
    if benefit.kind not in Benefit.Kind.values:
        raise Invalid(field=gettext_noop("Kind"), reason=gettext_noop("Choose one of the list."))
    if benefit.provider_id is not None and not Organization.objects.filter(pk=benefit.provider_id).exists():
        raise Invalid(field=gettext_noop("Department that provides it"), reason=gettext_noop("Choose one of the list."))
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
        "handout": benefit.handout.strip(),
        "groups": " ".join(benefit.groups),
        "limit_period": benefit.limit_period.value if benefit.limit_period else "",
        "budget_period": benefit.budget_period.value if benefit.budget_period else "",
        **{name: getattr(benefit, name) for name in AS_GIVEN},
    }


def _plain(value: object) -> object:
    """A value as the audit trail keeps it."""
    return value.isoformat() if isinstance(value, date) else value


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
            Slot(benefit=benefit, day=day, starts_at=starts_at, places=slot.places, note=slot.note.strip())
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
