"""Reads of the public notice (公示): which deposits are in it now, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from xinshi.bank.models import Deposit
from xinshi.bank.replay import NOTICE, notice_key
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.models import Hold
from xinshi.people.domain import masked_name

LINES_PER_PAGE: Final = 50
PREFIX: Final = f"{NOTICE}:"


@dataclass(frozen=True, slots=True)
class Notice:
    """A deposit in public notice; `until` is the last day of it."""

    deposit_id: int
    hold_id: int
    minutes: int
    until: date


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """What everybody at the hospital may read of a deposit in notice; no full name, no passbook."""

    deposit_id: int
    masked_name: str
    title: str
    organizer: str
    kind: str
    raw_minutes: int
    worked_on: date
    until: date
    is_own: bool


def last_day(ends_at: datetime) -> date:
    """A notice ends with a day: the day before the moment at which its hold runs out."""
    return clock.local_day(ends_at) - timedelta(days=1)


def open_notices() -> QuerySet[Hold]:
    return Hold.objects.filter(kind=NOTICE, state=Hold.State.OPEN, expires_at__gt=clock.now())


def in_notice(deposit_ids: Iterable[int]) -> dict[int, Notice]:
    """Those of these deposits that are in public notice now, by deposit."""
    sources = dict(Deposit.objects.filter(pk__in=list(deposit_ids)).values_list("source_ref", "pk"))
    found = open_notices().filter(key__in=[notice_key(source) for source in sources])
    return {
        (pk := sources[hold.key.removeprefix(PREFIX)]): Notice(pk, hold.pk, hold.minutes, last_day(hold.expires_at))
        for hold in found
    }


def notice_page(actor: Actor, *, number: int | str | None = None) -> tuple[list[NoticeLine], Page[Hold]]:
    """Deposits in notice now, the first to become final first; for everybody who is signed in."""
    if actor.user_id is None and not actor.is_system:
        raise NotAllowed
    page = Paginator(open_notices().order_by("expires_at", "id"), LINES_PER_PAGE).get_page(number)
    ends = {hold.key.removeprefix(PREFIX): hold.expires_at for hold in page}
    deposits = Deposit.objects.filter(source_ref__in=list(ends)).select_related("passbook__person")
    lines = [
        NoticeLine(
            deposit_id=row.pk,
            masked_name=masked_name(row.passbook.person.name),
            title=row.title,
            organizer=row.organizer,
            kind=row.kind,
            raw_minutes=row.raw_minutes,
            worked_on=row.worked_on,
            until=last_day(ends[row.source_ref]),
            is_own=row.passbook.person_id == actor.person_id,
        )
        for row in deposits
    ]
    return sorted(lines, key=lambda line: (line.until, line.deposit_id)), page
