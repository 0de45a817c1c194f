"""Service records as the desk and the volunteer list them, and what in them contradicts other hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet, Sum

from xinshi.activities.queries import PERSON_UNSEEN
from xinshi.attendance import access
from xinshi.attendance.models import ServiceRecord
from xinshi.bank.models import Deposit
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.access import is_own

PER_PAGE: Final = 50
EXPORT_MAX: Final = 20_000
DAY_MINUTES_MAX: Final = 12 * 60
"""More service of one person on one day is looked at before it is approved."""
COUNTS: Final = ("open", "submitted", "approved")
State = ServiceRecord.State


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records; `state` may also be `overdue`: waiting past the last day. Days are the hospital's."""

    state: str = ""
    since: date | None = None
    until: date | None = None
    hours_kind: str = ""
    category: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class RecordPage:
    rows: list[ServiceRecord]
    conflicts: dict[int, str]
    number: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class OwnSums:
    """A person's own minutes and how many records there are; scheduled, present and credited apart."""

    count: int
    scheduled: int
    present: int
    credited: int


def matching(actor: Actor, wanted: RecordFilter) -> QuerySet[ServiceRecord]:
    """The records that the actor may see and that fit, the latest service first."""
    rows = access.visible_to(actor)
    if wanted.state == "overdue":
        rows = rows.filter(state=State.SUBMITTED, due_on__lt=clock.today())
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.since is not None:
        rows = rows.filter(checked_in_at__gte=clock.day_bounds(wanted.since)[0])
    if wanted.until is not None:
        rows = rows.filter(checked_in_at__lt=clock.day_bounds(wanted.until)[1])
    if wanted.hours_kind:
        rows = rows.filter(hours_kind=wanted.hours_kind)
    if wanted.category:
        rows = rows.filter(shift__activity__category=wanted.category)
    term = wanted.search.strip().replace("\0", "")[:60]
    if term:
        rows = rows.filter(
            Q(shift__activity__title__icontains=term)
            | Q(person__name__startswith=term)
            | Q(person__volunteer_number=term)
        )
    order = ("due_on", "pk") if wanted.state in ("overdue", "submitted") else ("-checked_in_at", "-pk")
    return rows.select_related("shift__activity", "person").defer(*PERSON_UNSEEN).order_by(*order)


def record_page(actor: Actor, wanted: RecordFilter) -> RecordPage:
    """PER_PAGE records with what contradicts them; three queries."""
    number = max(1, min(wanted.page, 1_000))
    found = list(matching(actor, wanted)[(number - 1) * PER_PAGE : number * PER_PAGE + 1])
    rows = found[:PER_PAGE]
    return RecordPage(rows=rows, conflicts=conflicts_among(rows), number=number, has_next=len(found) > PER_PAGE)


def conflicts_among(rows: Iterable[ServiceRecord]) -> dict[int, str]:
    """Why a record should be looked at before it is approved, by its id: two queries, whatever the number.

    `elsewhere`: another platform or time bank certified hours of this person on the same day. `long_day`: with their other
    records the person served more than DAY_MINUTES_MAX that day. (Two records at one time cannot be: see the trigger.)
    """
    counted = [row for row in rows if row.state in COUNTS]
    if not counted:
        return {}
    days = {row.pk: clock.local_day(row.checked_in_at) for row in counted}
    people = {row.person_id for row in counted}
    minutes: dict[tuple[int, date], int] = defaultdict(int)
    others = ServiceRecord.objects.filter(
        person_id__in=people,
        state__in=COUNTS,
        checked_in_at__gte=clock.day_bounds(min(days.values()))[0],
        checked_in_at__lt=clock.day_bounds(max(days.values()))[1],
    ).values_list("person_id", "checked_in_at", "present_minutes", "scheduled_minutes")
    for person_id, came, present, scheduled in others:
        minutes[person_id, clock.local_day(came)] += present or scheduled
    elsewhere = set(
        Deposit.objects.filter(passbook__person_id__in=people, worked_on__in=set(days.values()), reversal=None)
        .exclude(partner="")
        .values_list("passbook__person_id", "worked_on")
    )
    found = {}
    for row in counted:
        key = (row.person_id, days[row.pk])
        if key in elsewhere:
            found[row.pk] = "elsewhere"
        elif minutes[key] > DAY_MINUTES_MAX:
            found[row.pk] = "long_day"
    return found


def own_sums(actor: Actor) -> OwnSums:
    """Over everything of one's own that was not taken back or replaced."""
    rows = ServiceRecord.objects.filter(is_own(actor), state__in=COUNTS)
    found = rows.aggregate(
        scheduled=Sum("scheduled_minutes"),
        present=Sum("present_minutes"),
        credited=Sum("credited_minutes", filter=Q(state=State.APPROVED)),
    )
    return OwnSums(
        count=rows.count(),
        scheduled=found["scheduled"] or 0,
        present=found["present"] or 0,
        credited=found["credited"] or 0,
    )
