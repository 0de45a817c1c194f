"""What is known of a person's service on one day, from every source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from xinshi.attendance.queries import segments
from xinshi.bank.models import Deposit
from xinshi.exchange.models import ImportLine
from xinshi.interbank.overlaps.domain import Service
from xinshi.kernel.clock import day_bounds, whole_minutes_between
from xinshi.people.queries import people_of

OWN = "own"
EXCHANGE_LINE = "exchange-line:"


def services_on(person_id: int, day: date) -> list[Service]:
    """Deposits that stand, presence that is not deposited yet; those merged into the person included."""
    people = people_of(person_id)
    rows = Deposit.objects.filter(passbook__person_id__in=people, worked_on=day, reversal=None).order_by("pk")
    deposits = list(rows[:200])
    present = {one.source_ref: one for one in segments(people, *day_bounds(day))}
    times = {ref: (one.starts_at, one.ends_at) for ref, one in present.items()} | _line_times(deposits)
    found = [service_of(row, times.get(row.source_ref)) for row in deposits]
    deposited = {row.source_ref for row in deposits}
    return found + [
        Service(
            ref=ref,
            source=OWN,
            day=day,
            minutes=whole_minutes_between(one.starts_at, one.ends_at),
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for ref, one in present.items()
        if ref not in deposited
    ]


def service_of(row: Deposit, times: tuple[datetime, datetime] | None = None) -> Service:
    return Service(
        ref=f"deposit:{row.pk}",
        source=row.partner or OWN,
        day=row.worked_on,
        minutes=row.raw_minutes,
        category=row.category,
        starts_at=times[0] if times else None,
        ends_at=times[1] if times else None,
    )


def _line_times(deposits: Iterable[Deposit]) -> dict[str, tuple[datetime, datetime]]:
    """Start and end of rows of 志愿汇 that tell them, by the source of their deposits."""
    ids = [
        int(row.source_ref.removeprefix(EXCHANGE_LINE))
        for row in deposits
        if row.source_ref.startswith(EXCHANGE_LINE) and row.source_ref.removeprefix(EXCHANGE_LINE).isdigit()
    ]
    lines = ImportLine.objects.filter(pk__in=ids, starts_at__isnull=False, ends_at__isnull=False)
    return {
        f"{EXCHANGE_LINE}{pk}": (start, end)
        for pk, start, end in lines.values_list("pk", "starts_at", "ends_at")
        if start is not None and end is not None
    }
