"""What a benefit asks for and what one person brings, as the rules of `domain` take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db.models import Q

from xinshi.bank.models import Passbook
from xinshi.bank.queries import passbooks_by_person, policy_in_force
from xinshi.benefits.domain import COUNTED, History, Period, Standing, Supply, Terms, VoucherState, period_bounds
from xinshi.benefits.models import Benefit, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.ledger.queries import balance
from xinshi.people.models import Person


def terms_of(row: Benefit, *, places_left: int | None) -> Terms:
    """`places_left` None leaves that question to the statement that takes a place."""
    return Terms(
        is_active=row.is_active,
        supply=Supply(row.supply),
        price_minutes=row.price_minutes,
        stars_min=row.stars_min,
        places_left=places_left,
        age_min=row.age_min,
        age_max=row.age_max,
        groups=tuple(row.groups.split()),
        offered_from=row.offered_from,
        offered_until=row.offered_until,
        limit_pieces=row.limit_pieces,
        limit_period=Period(row.limit_period) if row.limit_period else None,
        no_show_max=row.no_show_max,
        no_show_pause_days=row.no_show_pause_days,
    )


def standing_with(
    passbook: Passbook, *, thresholds: tuple[int, ...] | None = None, available_minutes: int | None = None
) -> Standing:
    """What the owner of a passbook brings; without `available_minutes` the ledger decides about hours, under its lock."""
    person = passbook.person
    return Standing(
        passbook_state=passbook.state,
        star_level=passbook.star_level,
        certified_minutes=passbook.certified_minutes,
        available_minutes=available_minutes,
        star_thresholds_minutes=thresholds or policy_in_force().star_thresholds_minutes,
        birth_date=person.birth_date,
        group=person.group,
    )


def standing_of(actor: Actor) -> Standing | None:
    """What the actor brings: passbook, stars, spendable minutes; None for somebody who is no person of the archive."""
    if actor.person_id is None:
        return None
    thresholds = policy_in_force().star_thresholds_minutes
    birth_date, group = Person.objects.values_list("birth_date", "group").get(pk=actor.person_id)
    card = passbooks_by_person([actor.person_id]).get(actor.person_id)
    return Standing(
        passbook_state=card.state if card else "",
        star_level=card.star_level if card else 0,
        certified_minutes=card.certified_minutes if card else 0,
        available_minutes=balance(card.account_id).available if card else 0,
        star_thresholds_minutes=thresholds,
        birth_date=birth_date,
        group=group,
    )


def histories(person_id: int, days: Mapping[int, date], rows: Iterable[Benefit]) -> dict[int, History]:
    """Per benefit what the person had of it in its limit's period around its day in `days`, and what they missed.

    A day that passed without the voucher being used is missed from its end on, marked or not.
    """
    benefits = list(rows)
    limited = [row for row in benefits if row.limit_period]
    ruled = [row for row in benefits if row.no_show_max is not None]
    had = _had(person_id, limited) if limited else []
    missed = _missed(person_id, span_days=max(row.no_show_days for row in ruled)) if ruled else []
    found: dict[int, History] = {}
    for row in benefits:
        pieces = 0
        if row.limit_period:
            first, after = period_bounds(Period(row.limit_period), days.get(row.pk, clock.today()))
            pieces = sum(n for benefit_id, day, n in had if benefit_id == row.pk and first <= day < after)
        since = clock.today() - timedelta(days=row.no_show_days)
        own = [day for day in missed if row.no_show_max is not None and day > since]
        found[row.pk] = History(pieces=pieces, no_shows=len(own), last_no_show=max(own, default=None))
    return found


def _had(person_id: int, benefits: list[Benefit]) -> list[tuple[int, date, int]]:
    """Benefit, day and pieces of what counts towards limits; what ran out unused does not, marked or not."""
    ran_out = Q(state=VoucherState.RESERVED, slot=None, expires_at__lte=clock.now())
    rows = Voucher.objects.filter(person_id=person_id, benefit__in=benefits, state__in=COUNTED).exclude(ran_out)
    return [
        (benefit, day, pieces) for benefit, day, pieces in rows.values_list("benefit_id", "counts_on", "pieces") if day
    ]


def _missed(person_id: int, *, span_days: int) -> list[date]:
    over = Q(state=VoucherState.RESERVED, slot__isnull=False, expires_at__lte=clock.now())
    rows = Voucher.objects.filter(over | Q(state=VoucherState.NO_SHOW), person_id=person_id)
    since = clock.today() - timedelta(days=span_days)
    return [day for day in rows.filter(counts_on__gt=since).values_list("counts_on", flat=True) if day]
