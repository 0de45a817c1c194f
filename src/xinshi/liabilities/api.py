"""What the bank owes, for programs of coordinators, administrators and auditors; minutes throughout."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema

from xinshi.doors.api import actor_of
from xinshi.liabilities import queries
from xinshi.liabilities.counting import Count
from xinshi.liabilities.domain import Age, Holder, MinutesKind

router = Router(tags=["liabilities"])
LINES_MAX = 1_000


class LiabilityRateOut(Schema):
    """`percent` is null where nothing was deposited."""

    deposited: int
    redeemed: int
    percent: int | None


class LiabilityForecastOut(Schema):
    """A coming month (its first day); `low` to `high` is one standard deviation of the history."""

    month: date
    deposited: int
    redeemed: int
    expired: int
    outstanding: int
    low: int
    high: int


class LiabilityMonthOut(Schema):
    """A month that was, by the day of service or of redeeming, and what was outstanding at its end."""

    month: date
    deposited: int
    redeemed: int
    expired: int
    corrected: int
    outstanding: int


class LiabilityCoverOut(Schema):
    """How long benefits take; tenths of months, null where it cannot be said."""

    owed_minutes: int
    monthly_redeemed: int
    tenths_at_this_pace: int | None
    stock_minutes: int
    monthly_capacity: int
    tenths_at_capacity: int | None
    unlimited_benefits: int


class LiabilityOut(Schema):
    """Outstanding minutes, each of the sums by age, kind and group makes the whole."""

    day: date
    outstanding_minutes: int
    held_minutes: int
    notice_minutes: int
    by_holder: dict[str, int]
    by_age: dict[str, int]
    by_kind: dict[str, int]
    by_group: dict[str, int]
    by_organization: dict[str, int]
    this_month: LiabilityRateOut
    twelve_months: LiabilityRateOut
    ever: LiabilityRateOut
    velocity_percent: int | None
    cover: LiabilityCoverOut
    months: list[LiabilityMonthOut]
    forecast: list[LiabilityForecastOut]


class LiabilityAccountOut(Schema):
    holder: Holder
    owner_id: int
    minutes: int


class LiabilitySnapshotOut(Schema):
    """What was owed as a month began."""

    month: date
    outstanding_minutes: int
    passbook_minutes: int
    donation_only_minutes: int
    group_minutes: int
    pool_minutes: int
    held_minutes: int
    notice_minutes: int
    by_age: dict[str, int]
    by_kind: dict[str, int]
    by_group: dict[str, int]


@router.get("/overview", response=LiabilityOut)
def show_liabilities(request: HttpRequest) -> LiabilityOut:
    """Everything that the page shows."""
    found = queries.overview(actor_of(request))
    count, standing, cover = found.count, dict(queries.standing(found.flows)), found.cover
    return LiabilityOut(
        day=count.today,
        outstanding_minutes=count.minutes,
        held_minutes=count.held_minutes,
        notice_minutes=count.notice_minutes,
        by_holder={holder.value: count.of(holder) for holder in Holder},
        by_age=_by(count, "age"),
        by_kind=_by(count, "kind"),
        by_group=_by(count, "group"),
        by_organization=_by(count, "organization_id"),
        this_month=_rate(found.this_month),
        twelve_months=_rate(found.year),
        ever=_rate(found.ever),
        velocity_percent=found.velocity_percent,
        cover=LiabilityCoverOut(
            owed_minutes=cover.owed_minutes,
            monthly_redeemed=cover.monthly_redeemed,
            tenths_at_this_pace=cover.tenths_at_this_pace,
            stock_minutes=cover.stock_minutes,
            monthly_capacity=cover.monthly_capacity,
            tenths_at_capacity=cover.tenths_at_capacity,
            unlimited_benefits=cover.unlimited,
        ),
        months=[
            LiabilityMonthOut(
                month=flow.month,
                deposited=flow.deposited,
                redeemed=flow.redeemed,
                expired=flow.expired,
                corrected=flow.corrected,
                outstanding=standing[flow.month],
            )
            for flow in found.flows
        ],
        forecast=[
            LiabilityForecastOut(
                month=row.month,
                deposited=row.deposited,
                redeemed=row.redeemed,
                expired=row.expired,
                outstanding=row.outstanding,
                low=row.low,
                high=row.high,
            )
            for row in found.forecast
        ],
    )


@router.get("/accounts", response=list[LiabilityAccountOut])
def list_liability_accounts(
    request: HttpRequest,
    holder: Holder | None = None,
    age: Age | None = None,
    kind: MinutesKind | None = None,
    organization: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> list[LiabilityAccountOut]:
    """The accounts behind a figure, most minutes first, at most 1,000."""
    wanted = queries.Wanted(holder=holder or "", age=age or "", kind=kind or "", organization=organization)
    lines = queries.accounts(actor_of(request), wanted)[:LINES_MAX]
    return [LiabilityAccountOut(holder=line.holder, owner_id=line.owner_id, minutes=line.minutes) for line in lines]


@router.get("/snapshots", response=list[LiabilitySnapshotOut])
def list_liability_snapshots(request: HttpRequest) -> list[LiabilitySnapshotOut]:
    """Month by month what was owed, newest first."""
    names = LiabilitySnapshotOut.model_fields
    rows = queries.snapshots(actor_of(request))
    return [LiabilitySnapshotOut(**{name: getattr(row, name) for name in names}) for row in rows]


def _by(count: Count, name: str) -> dict[str, int]:
    return {str(value) or "none": minutes for value, minutes in count.by(name).items()}


def _rate(rate: queries.Rate) -> LiabilityRateOut:
    return LiabilityRateOut(deposited=rate.deposited, redeemed=rate.redeemed, percent=rate.percent)
