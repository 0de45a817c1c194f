"""Reads of waiting lists: one's own places on them, and the list of a day or benefit for those who manage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xinshi.benefits import access
from xinshi.benefits.domain import WaitingState
from xinshi.benefits.models import Waiting
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound

OPEN: Final = (WaitingState.WAITING, WaitingState.OFFERED)
LINE_SHOWN_MAX: Final = 500
OWN_SHOWN_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """A place on a waiting list; `position` counts those who wait from 1, `is_offered` while a place is kept."""

    id: int
    state: str
    state_label: str
    benefit_id: int
    benefit_name: str
    for_relatives: bool
    price_minutes: int
    slot_id: int | None
    day: date | None
    starts_at: datetime | None
    person_id: int
    person_name: str
    position: int
    joined_at: datetime
    offer_until: datetime | None
    voucher_id: int | None

    @property
    def is_offered(self) -> bool:
        return self.state == WaitingState.OFFERED

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def own_waiting(actor: Actor) -> list[WaitingCard]:
    """The actor's places on waiting lists that have not ended, offers first."""
    if actor.person_id is None:
        return []
    rows = _with_position(Waiting.objects.filter(person_id=actor.person_id, state__in=OPEN))
    ordered = rows.order_by(F("offer_until").asc(nulls_last=True), "pk")
    return [card_of(row) for row in ordered[:OWN_SHOWN_MAX]]


def waiting_entry(actor: Actor, waiting_id: int) -> WaitingCard:
    """One place on a list, whatever became of it; NotFound where the actor may not see it."""
    row = _with_position(access.waiting_visible_to(actor)).filter(pk=waiting_id).first()
    if row is None:
        raise NotFound
    return card_of(row)


def own_entry(actor: Actor, *, benefit_id: int) -> WaitingCard | None:
    """The actor's open place on the list of a benefit without days."""
    if actor.person_id is None:
        return None
    own = Waiting.objects.filter(person_id=actor.person_id, benefit_id=benefit_id, slot=None, state__in=OPEN)
    row = _with_position(own).first()
    return card_of(row) if row is not None else None


def waiting_list(actor: Actor, *, benefit_id: int, slot_id: int | None) -> list[WaitingCard]:
    """Who waits for a day or a benefit, in order; for those who manage."""
    access.require_manager(actor)
    of_line = Q(slot=None) if slot_id is None else Q(slot_id=slot_id)
    rows = Waiting.objects.filter(of_line, benefit_id=benefit_id, state__in=OPEN)
    return [card_of(row) for row in _with_position(rows).order_by("pk")[:LINE_SHOWN_MAX]]


def offers_open() -> int:
    """How many places are kept for somebody now."""
    return Waiting.objects.filter(state=WaitingState.OFFERED, offer_until__gt=clock.now()).count()


def _with_position(rows: QuerySet[Waiting]) -> QuerySet[Waiting]:
    """Each with how many wait before it in the same line."""
    before = Waiting.objects.filter(
        benefit=OuterRef("benefit"), state=WaitingState.WAITING, pk__lt=OuterRef("pk")
    ).filter(Q(slot=OuterRef("slot")) | Q(slot=None))
    counted = before.order_by().values("benefit").annotate(n=Count("pk")).values("n")
    return rows.select_related("benefit", "slot").annotate(
        before=Coalesce(Subquery(counted), 0), person_name=F("person__name")
    )


def card_of(row: Waiting) -> WaitingCard:
    return WaitingCard(
        id=row.pk,
        state=row.state,
        state_label=str(Waiting.State(row.state).label),
        benefit_id=row.benefit_id,
        benefit_name=row.benefit.name,
        for_relatives=row.benefit.for_relatives,
        price_minutes=row.minutes or row.benefit.price_minutes,
        slot_id=row.slot_id,
        day=row.slot.day if row.slot else None,
        starts_at=row.slot.starts_at if row.slot else None,
        person_id=row.person_id,
        person_name=getattr(row, "person_name", ""),
        position=getattr(row, "before", 0) + 1,
        joined_at=row.joined_at,
        offer_until=row.offer_until,
        voucher_id=row.voucher_id,
    )
