"""Settling with the departments what they gave: a statement per department and month, counted, confirmed, settled."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.benefits import access
from xinshi.benefits.domain import (
    MonthNotOver,
    SettledByAnother,
    StatementNotConfirmed,
    StatementNotDraft,
    months_later,
)
from xinshi.benefits.models import Benefit, Settlement, SettlementItem, Voucher
from xinshi.benefits.queries.settlement import unsettled_items
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound


@transaction.atomic
def draft_settlement(*, actor: Actor, provider_id: int, month: date) -> int:
    """A statement for the month in which `month` lies; the one that is there already keeps its state. Returns its id."""
    access.require_manager(actor)
    known = Benefit.objects.filter(provider_id=provider_id) or Voucher.objects.filter(provider_id=provider_id)
    if not known.exists():
        raise NotFound
    first = month.replace(day=1)
    if first > clock.today():
        raise MonthNotOver(day=months_later(first, 1))
    row, is_new = Settlement.objects.get_or_create(
        provider_id=provider_id, month=first, defaults={"drafted_at": clock.now()}
    )
    if is_new:
        record(
            actor=actor,
            action="benefits.draft_settlement",
            object_ref=f"settlement:{row.pk}",
            provider=provider_id,
            month=first.isoformat(),
        )
    return row.pk


@transaction.atomic
def confirm_settlement(*, actor: Actor, settlement_id: int) -> int:
    """Freeze what the month has: its lines never change afterwards. Returns the number of things counted.

    By a coordinator or administrator, or by somebody of the department who leads there. What happened before the end of
    the month and was in no earlier statement is counted, corrections of earlier statements too.
    """
    row = _locked(settlement_id)
    access.require_may_confirm(actor, provider_id=row.provider_id)
    if row.state != Settlement.State.DRAFT:
        raise StatementNotDraft
    after = months_later(row.month, 1)
    if clock.today() < after:
        raise MonthNotOver(day=after)
    items = unsettled_items(row.provider_id, before=after)
    SettlementItem.objects.bulk_create(
        [
            SettlementItem(
                settlement=row,
                voucher_id=item.voucher_id,
                benefit_id=item.benefit_id,
                what=item.what,
                happened_at=item.happened_at,
                pieces=item.pieces,
                minutes=item.minutes,
            )
            for item in items
        ],
        batch_size=2_000,
    )
    row.state, row.confirmed_at, row.confirmed_by_ref = Settlement.State.CONFIRMED, clock.now(), actor.reference
    row.save(update_fields=["state", "confirmed_at", "confirmed_by_ref"])
    record(actor=actor, action="benefits.confirm_settlement", object_ref=f"settlement:{row.pk}", items=len(items))
    return len(items)


@transaction.atomic
def settle(*, actor: Actor, settlement_id: int) -> None:
    """The bank has seen the confirmed statement: an administrator, and not who confirmed it."""
    access.require_administrator(actor)
    row = _locked(settlement_id)
    if row.state != Settlement.State.CONFIRMED:
        raise StatementNotConfirmed
    if row.confirmed_by_ref == actor.reference:
        raise SettledByAnother
    row.state, row.settled_at, row.settled_by_ref = Settlement.State.SETTLED, clock.now(), actor.reference
    row.save(update_fields=["state", "settled_at", "settled_by_ref"])
    record(actor=actor, action="benefits.settle", object_ref=f"settlement:{row.pk}")


def _locked(settlement_id: int) -> Settlement:
    """The department's row is locked too: its statements are confirmed one after the other, so nothing is counted twice."""
    provider_id = Settlement.objects.filter(pk=settlement_id).values_list("provider_id", flat=True).first()
    if provider_id is None:
        raise NotFound
    list(Settlement.objects.select_for_update(no_key=True).filter(provider_id=provider_id).order_by("pk"))
    return Settlement.objects.get(pk=settlement_id)
