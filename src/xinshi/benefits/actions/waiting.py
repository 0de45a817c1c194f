"""Waiting lists: joining, leaving, accepting what is kept for one, and what the worker does about them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q

from xinshi.audit.actions import record
from xinshi.benefits import access
from xinshi.benefits.actions.allotting import Share, has_room, next_share
from xinshi.benefits.actions.locking import locked_benefit, locked_passbook, locked_slot
from xinshi.benefits.actions.making import ReservedVoucher, checked_relative, make_voucher
from xinshi.benefits.actions.reserving import chosen_slot, refuse_obstacles
from xinshi.benefits.actions.serving_line import close_line, line_of, serve_line, withdraw
from xinshi.benefits.actions.training_places import lock_for_training
from xinshi.benefits.domain import (
    WAITING_MAX,
    AlreadyWaiting,
    DayOver,
    NothingToWaitFor,
    NotWaiting,
    NotYetOffered,
    OfferOver,
    PlaceFree,
    Relative,
    Supply,
    WaitingListFull,
    WaitingState,
    slot_is_over,
)
from xinshi.benefits.models import Benefit, Slot, Waiting
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound

OPEN = (WaitingState.WAITING, WaitingState.OFFERED)
LINES_AT_ONCE_MAX = 200


@transaction.atomic
def join_waiting_list(
    *, actor: Actor, benefit_id: int, slot_id: int | None = None, person_id: int | None = None
) -> int:
    """Wait for a full day, or for a benefit of which nothing is left; returns the id of the place on the list.

    Hours may still be missing: they are looked at when a place becomes free. PlaceFree where one need not wait.
    """
    who = access.person_for(actor, person_id)
    passbook = locked_passbook(who)
    if not access.visible_to(actor).filter(pk=benefit_id).exists():
        raise NotFound
    at = clock.now()
    benefit = locked_benefit(benefit_id)
    if benefit.supply == Supply.UNLIMITED and not benefit.budget_period:
        raise NothingToWaitFor
    slot = chosen_slot(benefit, slot_id)
    if slot is not None and slot_is_over(day=slot.day, starts_at=slot.starts_at, at=at):
        raise DayOver
    refuse_obstacles(benefit, passbook, slot)
    serve_line(benefit, slot, at=at)
    line = line_of(benefit, slot).filter(state__in=OPEN)
    if line.filter(person_id=who).exists():
        raise AlreadyWaiting
    if has_room(next_share(benefit, slot), at=at):
        raise PlaceFree
    if line.count() >= WAITING_MAX:
        raise WaitingListFull
    entry = Waiting.objects.create(person_id=who, benefit=benefit, slot=slot, joined_at=at)
    record(
        actor=actor,
        action="benefits.join_waiting_list",
        object_ref=f"waiting:{entry.pk}",
        benefit=benefit.pk,
        slot=slot_id,
    )
    return entry.pk


@transaction.atomic
def leave_waiting_list(*, actor: Actor, waiting_id: int) -> None:
    """Wait no longer, or decline what is kept for one; then the next is asked."""
    known = _own(actor, waiting_id)
    entry, benefit, slot = _locked(known)
    if entry.state not in OPEN:
        raise NotWaiting
    at = clock.now()
    was_offered = entry.state == WaitingState.OFFERED
    state = WaitingState.DECLINED if was_offered else WaitingState.LEFT
    withdraw(entry, state, benefit=benefit, slot=slot, at=at)
    record(actor=actor, action="benefits.leave_waiting_list", object_ref=f"waiting:{entry.pk}", offered=was_offered)
    serve_line(benefit, slot, at=at)


@transaction.atomic
def accept_offer(*, actor: Actor, waiting_id: int, relative: Relative | None = None) -> ReservedVoucher:
    """Take the place that is kept for one, while it is; the conditions are looked at again. Once: then the same voucher."""
    known = _own(actor, waiting_id)
    lock_for_training(known.person_id, known.slot_id)
    passbook = locked_passbook(known.person_id)
    entry, benefit, slot = _locked(known)
    if entry.voucher is not None:
        return ReservedVoucher(entry.voucher.pk, entry.voucher.short_code, is_new=False)
    at = clock.now()
    if entry.state == WaitingState.WAITING:
        raise NotYetOffered
    if entry.offer_until is None or entry.state not in (WaitingState.OFFERED, WaitingState.LAPSED):
        raise NotWaiting
    if entry.state == WaitingState.LAPSED or entry.offer_until <= at:
        local = entry.offer_until.astimezone(clock.HOSPITAL_ZONE)
        raise OfferOver(day=local.date(), time=f"{local:%H:%M}")
    for_whom = checked_relative(benefit, relative)
    refuse_obstacles(benefit, passbook, slot)
    share = Share.of_offer(entry, benefit=benefit, slot=slot)
    made = make_voucher(actor, share, passbook, key=f"waiting:{entry.pk}", relative=for_whom, at=at)
    entry.state, entry.ended_at, entry.voucher_id = WaitingState.ACCEPTED.value, at, made.voucher_id
    entry.save(update_fields=["state", "ended_at", "voucher_id"])
    record(actor=actor, action="benefits.accept_offer", object_ref=f"waiting:{entry.pk}", voucher=made.voucher_id)
    return made


def tend_waiting_lists(*, actor: Actor, limit: int = LINES_AT_ONCE_MAX) -> int:
    """Let overdue offers go, offer what is free, close the lists of days that are over; returns how many lists.

    For the worker: each list in a transaction of its own. Nobody waits for it to reserve or to be offered what they free.
    """
    access.require_system(actor)
    at = clock.now()
    over = Q(slot__starts_at=None, slot__day__lt=clock.today()) | Q(slot__starts_at__lte=at)
    overdue = Q(state=WaitingState.OFFERED, offer_until__lte=at)
    free = Q(state=WaitingState.WAITING) & (
        Q(slot__taken__lt=F("slot__places"))
        | Q(slot=None, benefit__stock=None)
        | Q(slot=None, benefit__taken__lt=F("benefit__stock"))
    )
    rows = Waiting.objects.filter(over | overdue | free, state__in=OPEN).values_list("benefit_id", "slot_id")
    lines = list(rows.order_by("benefit_id", "slot_id").distinct()[:limit])
    return sum(_tend(actor, benefit_id, slot_id) for benefit_id, slot_id in lines)


@transaction.atomic
def _tend(actor: Actor, benefit_id: int, slot_id: int | None) -> bool:
    """True where something changed."""
    at = clock.now()
    benefit = locked_benefit(benefit_id)
    slot = locked_slot(slot_id, benefit=benefit) if slot_id is not None else None
    if slot is not None and slot_is_over(day=slot.day, starts_at=slot.starts_at, at=at):
        closed = close_line(benefit, slot, at=at)
        record(actor=actor, action="benefits.close_waiting_list", object_ref=f"benefit:{benefit_id}", told=closed)
        return closed > 0
    lapsed = line_of(benefit, slot).filter(state=WaitingState.OFFERED, offer_until__lte=at).count()
    offered = serve_line(benefit, slot, at=at)
    if lapsed or offered:
        record(
            actor=actor,
            action="benefits.serve_waiting_list",
            object_ref=f"benefit:{benefit_id}",
            slot=slot_id,
            lapsed=lapsed,
            offered=offered,
        )
    return bool(lapsed or offered)


def _own(actor: Actor, waiting_id: int) -> Waiting:
    found = access.waiting_visible_to(actor).filter(pk=waiting_id).first()
    if found is None or (found.person_id != actor.person_id and not actor.is_system):
        raise NotFound
    return found


def _locked(known: Waiting) -> tuple[Waiting, Benefit, Slot | None]:
    """The place on the list with its benefit and day, all locked, in the order that holds everywhere."""
    benefit = locked_benefit(known.benefit_id)
    slot = locked_slot(known.slot_id, benefit=benefit) if known.slot_id is not None else None
    entry = Waiting.objects.select_for_update(no_key=True).get(pk=known.pk)
    return entry, benefit, slot
