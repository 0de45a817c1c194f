"""What a benefit has to give: places, pieces, its budget; taken by conditional UPDATEs under the benefit's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet, Sum

from xinshi.benefits.domain import (
    PERIOD_WORDS,
    TAKING,
    BudgetPromised,
    DayFull,
    Period,
    SoldOut,
    Supply,
    WaitingState,
    budget_spent,
    period_bounds,
    slot_is_over,
)
from xinshi.benefits.models import Benefit, Budget, Slot, Voucher, Waiting
from xinshi.kernel import clock
from xinshi.kernel.minutes import hours_figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of what a benefit has: a place of a day or pieces, with the price that counts against the budget."""

    benefit: Benefit
    slot: Slot | None
    pieces: int
    minutes: int
    counts_on: date

    @classmethod
    def of_voucher(cls, voucher: Voucher) -> Share:
        assert voucher.counts_on is not None, "a voucher counts on a day"
        return cls(
            benefit=voucher.benefit,
            slot=voucher.slot,
            pieces=voucher.pieces,
            minutes=voucher.minutes,
            counts_on=voucher.counts_on,
        )

    @classmethod
    def of_offer(cls, entry: Waiting, *, benefit: Benefit, slot: Slot | None) -> Share:
        assert entry.minutes is not None, "an offer has a price"
        assert entry.counts_on is not None, "an offer counts on a day"
        return cls(benefit=benefit, slot=slot, pieces=1, minutes=entry.minutes, counts_on=entry.counts_on)


def next_share(benefit: Benefit, slot: Slot | None, *, pieces: int = 1) -> Share:
    """What would be taken now."""
    return Share(
        benefit=benefit,
        slot=slot,
        pieces=pieces,
        minutes=benefit.price_minutes * pieces,
        counts_on=slot.day if slot else clock.today(),
    )


def allot(share: Share) -> None:
    """Take it, all or nothing: DayFull, SoldOut or BudgetSpent."""
    if share.slot is not None:
        free = Slot.objects.filter(pk=share.slot.pk, taken__lte=F("places") - share.pieces)
        if not free.update(taken=F("taken") + share.pieces):
            raise DayFull
    else:
        left = Q(stock=None) | Q(stock__gte=F("taken") + share.pieces)
        if not Benefit.objects.filter(left, pk=share.benefit.pk).update(taken=F("taken") + share.pieces):
            raise SoldOut
    _spend(share)


def give_back(share: Share) -> None:
    """Nothing is given back twice: the caller ends the voucher or the offer in the same transaction."""
    if share.slot is not None:
        Slot.objects.filter(pk=share.slot.pk).update(taken=F("taken") - share.pieces)
    else:
        Benefit.objects.filter(pk=share.benefit.pk).update(taken=F("taken") - share.pieces)
    Budget.objects.filter(
        benefit=share.benefit, starts_on__lte=share.counts_on, ends_before__gt=share.counts_on
    ).update(minutes_used=F("minutes_used") - share.minutes, pieces_used=F("pieces_used") - share.pieces)


def has_room(share: Share, *, at: datetime) -> bool:
    """True where `allot` would succeed; the benefit is locked, so it stays true."""
    if share.slot is not None:
        slot = Slot.objects.get(pk=share.slot.pk)
        if slot_is_over(day=slot.day, starts_at=slot.starts_at, at=at) or slot.taken + share.pieces > slot.places:
            return False
    elif share.benefit.supply == Supply.STOCK:
        stock, taken = Benefit.objects.values_list("stock", "taken").get(pk=share.benefit.pk)
        if stock is not None and taken + share.pieces > stock:
            return False
    budget = _budget_for(share.benefit, share.counts_on)
    return budget is None or _fits(budget, share)


def renew_budgets(benefit: Benefit) -> None:
    """After the budget was changed: count anew from the present period on; BudgetPromised where promises exceed it."""
    Budget.objects.filter(benefit=benefit).delete()
    if not benefit.budget_period:
        return
    period = Period(benefit.budget_period)
    since = period_bounds(period, clock.today())[0]
    days = set(_taking_vouchers(benefit).filter(counts_on__gte=since).values_list("counts_on", flat=True))
    days |= set(_offers(benefit).filter(counts_on__gte=since).values_list("counts_on", flat=True))
    for first in sorted({period_bounds(period, day)[0] for day in days if day is not None} | {since}):
        _create_budget(benefit, period, first)


def _spend(share: Share) -> None:
    budget = _budget_for(share.benefit, share.counts_on)
    if budget is None:
        return
    fits = (Q(minutes_max=None) | Q(minutes_max__gte=F("minutes_used") + share.minutes)) & (
        Q(pieces_max=None) | Q(pieces_max__gte=F("pieces_used") + share.pieces)
    )
    spent = Budget.objects.filter(fits, pk=budget.pk).update(
        minutes_used=F("minutes_used") + share.minutes, pieces_used=F("pieces_used") + share.pieces
    )
    if not spent:
        raise budget_spent(Period(share.benefit.budget_period), share.counts_on)


def _fits(budget: Budget, share: Share) -> bool:
    return (budget.minutes_max is None or budget.minutes_used + share.minutes <= budget.minutes_max) and (
        budget.pieces_max is None or budget.pieces_used + share.pieces <= budget.pieces_max
    )


def _budget_for(benefit: Benefit, day: date) -> Budget | None:
    """The budget in which `day` lies, made at its first use; None where the benefit has none."""
    if not benefit.budget_period:
        return None
    period = Period(benefit.budget_period)
    first = period_bounds(period, day)[0]
    found = Budget.objects.filter(benefit=benefit, starts_on=first).first()
    return found if found is not None else _create_budget(benefit, period, first)


def _create_budget(benefit: Benefit, period: Period, first: date) -> Budget:
    after = period_bounds(period, first)[1]
    within = {"counts_on__gte": first, "counts_on__lt": after}
    taken = _taking_vouchers(benefit).filter(**within).aggregate(pieces=Sum("pieces"), minutes=Sum("minutes"))
    kept = _offers(benefit).filter(**within).aggregate(pieces=Count("id"), minutes=Sum("minutes"))
    pieces = (taken["pieces"] or 0) + kept["pieces"]
    minutes = (taken["minutes"] or 0) + (kept["minutes"] or 0)
    too_many = (benefit.budget_minutes is not None and minutes > benefit.budget_minutes) or (
        benefit.budget_pieces is not None and pieces > benefit.budget_pieces
    )
    if too_many:
        raise BudgetPromised(period=PERIOD_WORDS[period], day=first, pieces=pieces, hours=hours_figure(minutes))
    return Budget.objects.create(
        benefit=benefit,
        starts_on=first,
        ends_before=after,
        minutes_max=benefit.budget_minutes,
        pieces_max=benefit.budget_pieces,
        minutes_used=minutes,
        pieces_used=pieces,
    )


def _taking_vouchers(benefit: Benefit) -> QuerySet[Voucher]:
    return Voucher.objects.filter(benefit=benefit, state__in=TAKING)


def _offers(benefit: Benefit) -> QuerySet[Waiting]:
    return Waiting.objects.filter(benefit=benefit, state=WaitingState.OFFERED)
