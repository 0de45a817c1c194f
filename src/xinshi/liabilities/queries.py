"""Reads of what the bank owes, for those who answer for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Sum

from xinshi.bank.models import Passbook
from xinshi.bank.queries import timeline
from xinshi.bank.timeline import MONTHS_PER_YEAR
from xinshi.benefits.domain import Supply
from xinshi.benefits.models import Benefit, Slot
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Transfer
from xinshi.liabilities import access
from xinshi.liabilities.counting import Count, Owned, count_outstanding
from xinshi.liabilities.domain import (
    PLACES_MONTHS,
    Flow,
    Forecast,
    Holder,
    first_of_month,
    forecast,
    months_before,
    months_of,
    percent,
)
from xinshi.liabilities.models import LiabilitySnapshot
from xinshi.organizations.models import Organization
from xinshi.people.models import Person

SOURCES: Final = frozenset({AccountKind.ISSUANCE.value, AccountKind.CLEARING.value})
SYSTEM_KINDS: Final = frozenset(kind.value for kind in AccountKind if not kind.is_bounded)
SNAPSHOTS_MAX: Final = 120
PERIOD_MONTHS: Final = {Benefit.PeriodChoice.MONTH: 1, Benefit.PeriodChoice.QUARTER: 3, Benefit.PeriodChoice.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Rate:
    """What of the minutes deposited in a span was redeemed; `percent` is None where nothing was deposited."""

    deposited: int
    redeemed: int

    @property
    def percent(self) -> int | None:
        return percent(self.redeemed, self.deposited)


@dataclass(frozen=True, slots=True)
class BenefitCapacity:
    """What one benefit can still take: `stock_minutes` once, `places_minutes` of the coming PLACES_MONTHS months.

    `budget_minutes` is what its budget allows in a month; None where it has none.
    """

    id: int
    name: str
    price_minutes: int
    pieces: int | None
    stock_minutes: int
    places: int | None
    places_minutes: int
    budget_minutes: int | None

    @property
    def is_unlimited(self) -> bool:
        return self.pieces is None and self.places is None and self.budget_minutes is None

    @property
    def monthly_minutes(self) -> int:
        """What it takes month by month, by its places and its budget; a stock goes once and is not counted here."""
        if self.pieces is not None:
            return 0
        limits = [] if self.places is None else [self.places_minutes // PLACES_MONTHS]
        if self.budget_minutes is not None:
            limits.append(self.budget_minutes)
        return min(limits, default=0)


@dataclass(frozen=True, slots=True)
class Cover:
    """How long benefits take to redeem what is outstanding in passbooks; tenths of months, None where it cannot be said."""

    owed_minutes: int
    monthly_redeemed: int
    tenths_at_this_pace: int | None
    stock_minutes: int
    monthly_capacity: int
    """What places and budgets take in a month."""
    tenths_at_capacity: int | None
    unlimited: int
    """Benefits on offer that never run out: they are no limit, and not counted."""
    benefits: Sequence[BenefitCapacity]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page."""

    count: Count
    flows: Sequence[Flow]
    this_month: Rate
    year: Rate
    ever: Rate
    velocity_percent: int | None
    """Of the mean outstanding minutes of the last 12 months, how many per cent were redeemed in them."""
    cover: Cover
    forecast: Sequence[Forecast]
    expiry_months: int | None


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account behind a figure."""

    holder: Holder
    owner_id: int
    name: str
    passbook_id: int | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which minutes a list is about; empty fields do not narrow. `part` is `held` or `notice` for what is kept back."""

    holder: str = ""
    age: str = ""
    kind: str = ""
    group: str = ""
    organization: int | None = None
    part: str = ""


def flows() -> list[Flow]:
    """Month by month what came in and went out, by the day of service (deposits) or of the booking's cause, oldest first."""
    days = Transfer.objects.values_list("worked_on", "debit__kind", "credit__kind")
    sums: dict[date, Counter[str]] = {}
    for day, debit, credit, minutes in days.annotate(total=Sum("minutes")).order_by():
        if (debit in SYSTEM_KINDS) == (credit in SYSTEM_KINDS):
            continue
        system, sign = (debit, 1) if debit in SYSTEM_KINDS else (credit, -1)
        sums.setdefault(first_of_month(day), Counter())[_flow_of(system)] += sign * minutes
    return [
        Flow(
            month,
            deposited=found["deposited"],
            redeemed=-found["redeemed"],
            expired=-found["expired"],
            corrected=found["corrected"],
        )
        for month, found in sorted(sums.items())
    ]


def _flow_of(system_kind: str) -> str:
    if system_kind in SOURCES:
        return "deposited"
    names = {AccountKind.REDEMPTION.value: "redeemed", AccountKind.EXPIRY.value: "expired"}
    return names.get(system_kind, "corrected")


def overview(actor: Actor) -> Overview:
    """What is owed, how it moves, and against what."""
    access.require_reader(actor)
    count, months = count_outstanding(), flows()
    today = count.today
    since = months_before(first_of_month(today), MONTHS_PER_YEAR - 1)
    last_year = [flow for flow in months if flow.month >= since]
    rule = timeline().expiry_rule(today)
    return Overview(
        count=count,
        flows=months,
        this_month=_rate([flow for flow in months if flow.month == first_of_month(today)]),
        year=_rate(last_year),
        ever=_rate(months),
        velocity_percent=_velocity(months, since),
        cover=_cover(count, last_year, since),
        forecast=forecast(months, count.lots, today=today, rule=rule),
        expiry_months=rule.months if rule else None,
    )


def _rate(months: Sequence[Flow]) -> Rate:
    return Rate(sum(flow.deposited for flow in months), sum(flow.redeemed for flow in months))


def standing(months: Sequence[Flow]) -> list[tuple[date, int]]:
    """What was outstanding at the end of each month, without gaps, oldest first."""
    if not months:
        return []
    known = {flow.month: flow.net for flow in months}
    found, minutes, month = [], 0, months[0].month
    while month <= months[-1].month:
        minutes += known.get(month, 0)
        found.append((month, minutes))
        month = months_before(month, -1)
    return found


def _velocity(months: Sequence[Flow], since: date) -> int | None:
    """Redeemed in the last twelve months, of what was outstanding in their mean; None where nothing ever was."""
    levels = [minutes for month, minutes in standing(months) if month >= since]
    redeemed = sum(flow.redeemed for flow in months if flow.month >= since)
    return percent(redeemed, sum(levels) // len(levels)) if levels else None


def _cover(count: Count, last_year: Sequence[Flow], since: date) -> Cover:
    """The pace is the mean of the last twelve months, or of as many as there are since the first booking."""
    owed = count.of(Holder.PASSBOOK)
    first = min((flow.month for flow in last_year), default=since)
    months = (count.today.year - first.year) * MONTHS_PER_YEAR + count.today.month - first.month + 1
    monthly = sum(flow.redeemed for flow in last_year) // max(1, months)
    found = capacities()
    stock, capacity = sum(row.stock_minutes for row in found), sum(row.monthly_minutes for row in found)
    return Cover(
        owed_minutes=owed,
        monthly_redeemed=monthly,
        tenths_at_this_pace=months_of(owed, monthly),
        stock_minutes=stock,
        monthly_capacity=capacity,
        tenths_at_capacity=months_of(owed - stock, capacity),
        unlimited=sum(1 for row in found if row.is_unlimited),
        benefits=found,
    )


def capacities() -> list[BenefitCapacity]:
    """What each benefit on offer can still take, dearest first."""
    today = clock.today()
    until = today + timedelta(days=PLACES_MONTHS * 30)
    free: Counter[int] = Counter()
    slots = Slot.objects.filter(day__gte=today, day__lt=until).values_list("benefit_id", "places", "taken")
    for benefit_id, places, taken in slots:
        free[benefit_id] += places - taken
    rows = Benefit.objects.filter(is_active=True).order_by("-price_minutes", "pk")
    return [
        BenefitCapacity(
            id=row.pk,
            name=row.name,
            price_minutes=row.price_minutes,
            pieces=row.stock - row.taken if row.stock is not None else None,
            stock_minutes=(row.stock - row.taken) * row.price_minutes if row.stock is not None else 0,
            places=free[row.pk] if row.supply == Supply.DATED else None,
            places_minutes=free[row.pk] * row.price_minutes,
            budget_minutes=_monthly_budget(row),
        )
        for row in rows
    ]


def _monthly_budget(row: Benefit) -> int | None:
    """The tighter of the budget in minutes and the one in pieces, for a month of its period."""
    if not row.budget_period:
        return None
    limits = [row.budget_minutes] if row.budget_minutes is not None else []
    if row.budget_pieces is not None:
        limits.append(row.budget_pieces * row.price_minutes)
    return min(limits) // PERIOD_MONTHS[Benefit.PeriodChoice(row.budget_period)]


def accounts(actor: Actor, wanted: Wanted) -> list[AccountLine]:
    """The accounts behind a figure, most minutes first; their sum is the figure."""
    access.require_reader(actor)
    count = count_outstanding()
    sums: Counter[int] = Counter()
    owners: dict[int, tuple[Holder, int]] = {row.account_id: (row.cell.holder, row.owner_id) for row in count.owned}
    if wanted.part in ("held", "notice"):
        for kept in count.kept:
            sums[kept.account_id] += kept.held_minutes if wanted.part == "held" else kept.notice_minutes
    else:
        for row in count.owned:
            if _fits(row, wanted):
                sums[row.account_id] += row.minutes
    found = [(account_id, minutes) for account_id, minutes in sums.most_common() if minutes]
    return _named(found, owners, count)


def _fits(row: Owned, wanted: Wanted) -> bool:
    cell = row.cell
    return (
        wanted.holder in ("", cell.holder)
        and wanted.age in ("", cell.age)
        and wanted.kind in ("", cell.kind)
        and (not wanted.group or wanted.group == (cell.group or "none"))
        and wanted.organization in (None, cell.organization_id)
    )


def _named(found: Sequence[tuple[int, int]], owners: dict[int, tuple[Holder, int]], count: Count) -> list[AccountLine]:
    names = dict(Person.objects.values_list("pk", "name"))
    passbooks = dict(Passbook.objects.values_list("person_id", "pk"))
    lines = []
    for account_id, minutes in found:
        holder, owner_id = owners[account_id]
        is_person = holder in (Holder.PASSBOOK, Holder.DONATION_ONLY)
        name = names.get(owner_id, "") if is_person else count.organizations.get(owner_id, "")
        lines.append(
            AccountLine(
                holder=holder,
                owner_id=owner_id,
                name="" if holder is Holder.POOL else name,
                passbook_id=passbooks.get(owner_id) if is_person else None,
                minutes=minutes,
            )
        )
    return lines


def snapshots(actor: Actor) -> list[LiabilitySnapshot]:
    """The monthly snapshots, newest first."""
    access.require_reader(actor)
    return list(LiabilitySnapshot.objects.order_by("-month")[:SNAPSHOTS_MAX])


def outstanding(actor: Actor) -> Count:
    """Everything that is outstanding, lot by lot."""
    access.require_reader(actor)
    return count_outstanding()


def organization_name(organization_id: int | None) -> str:
    """Empty for none."""
    return Organization.objects.filter(pk=organization_id or 0).values_list("name", flat=True).first() or ""
