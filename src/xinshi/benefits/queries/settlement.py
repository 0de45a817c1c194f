"""Reads of what is settled with departments: statements, their lines, and what is in no statement yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from xinshi.benefits import access
from xinshi.benefits.domain import VoucherState, months_later
from xinshi.benefits.models import Benefit, Settlement, SettlementItem, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Organization

What = SettlementItem.What
ENDINGS: Final = (
    (What.FULFILLED, (VoucherState.FULFILLED, VoucherState.REFUNDED), "ended_at", 1),
    (What.NO_SHOW, (VoucherState.NO_SHOW, VoucherState.EXCUSED), "ended_at", 1),
    (What.REFUNDED, (VoucherState.REFUNDED,), "undone_at", -1),
    (What.EXCUSED, (VoucherState.EXCUSED,), "undone_at", -1),
)
"""What counts in a statement: in which states a voucher has it, when it happened, with which sign."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened with one voucher; a correction has the opposite sign."""

    voucher_id: int
    benefit_id: int
    what: str
    happened_at: datetime
    pieces: int
    minutes: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One benefit of a statement: sums with corrections taken off."""

    benefit_id: int
    benefit_name: str
    vouchers: int
    pieces: int
    minutes: int
    no_shows: int
    corrections: int


@dataclass(frozen=True, slots=True)
class StatementCard:
    """A department's month. `is_frozen` says that its lines never change any more."""

    id: int
    provider_id: int
    provider_name: str
    month: date
    state: str
    state_label: str
    confirmed_at: datetime | None
    confirmed_by_ref: str
    settled_at: datetime | None
    settled_by_ref: str
    lines: tuple[StatementLine, ...]

    @property
    def is_frozen(self) -> bool:
        return self.state != Settlement.State.DRAFT

    @property
    def can_be_confirmed(self) -> bool:
        return not self.is_frozen and clock.today() >= months_later(self.month, 1)

    @property
    def total(self) -> StatementLine:
        sums = [sum(getattr(line, name) for line in self.lines) for name in FIGURES]
        return StatementLine(0, "", *sums)


FIGURES: Final = ("vouchers", "pieces", "minutes", "no_shows", "corrections")


def unsettled_items(provider_id: int, *, before: date) -> list[Item]:
    """What happened before the day `before` and is in no confirmed statement, oldest first."""
    moment = clock.day_bounds(before)[0]
    found: list[Item] = []
    for what, states, when, sign in ENDINGS:
        counted = SettlementItem.objects.filter(voucher=OuterRef("pk"), what=what)
        rows = Voucher.objects.filter(
            ~Exists(counted), provider_id=provider_id, state__in=states, **{f"{when}__lt": moment}
        )
        found += [
            Item(pk, benefit_id, what.value, at, sign * pieces, sign * minutes)
            for pk, benefit_id, at, pieces, minutes in rows.values_list("pk", "benefit_id", when, "pieces", "minutes")
        ]
    return sorted(found, key=lambda item: (item.happened_at, item.voucher_id))


def statements(actor: Actor) -> QuerySet[Settlement]:
    """The statements that the actor may see, newest month first."""
    rows = access.settlements_visible_to(actor).select_related("provider")
    return rows.order_by("-month", "provider__name", "pk")


def statement(actor: Actor, settlement_id: int) -> StatementCard:
    row = statements(actor).filter(pk=settlement_id).first()
    if row is None:
        raise NotFound
    return card_of(row)


def card_of(row: Settlement) -> StatementCard:
    """A draft counts what would be confirmed now; a confirmed statement has what was frozen."""
    if row.state == Settlement.State.DRAFT:
        items: Iterable[Item] = unsettled_items(row.provider_id, before=months_later(row.month, 1))
    else:
        items = [
            Item(item.voucher_id, item.benefit_id, item.what, item.happened_at, item.pieces, item.minutes)
            for item in row.items.order_by("pk")
        ]
    return StatementCard(
        id=row.pk,
        provider_id=row.provider_id,
        provider_name=row.provider.name,
        month=row.month,
        state=row.state,
        state_label=str(Settlement.State(row.state).label),
        confirmed_at=row.confirmed_at,
        confirmed_by_ref=row.confirmed_by_ref,
        settled_at=row.settled_at,
        settled_by_ref=row.settled_by_ref,
        lines=_lines(items),
    )


def _lines(items: Iterable[Item]) -> tuple[StatementLine, ...]:
    figures: dict[int, list[int]] = {}
    for item in items:
        vouchers, pieces, minutes, no_shows, corrections = figures.setdefault(item.benefit_id, [0] * len(FIGURES))
        is_correction = item.what in (What.REFUNDED, What.EXCUSED)
        if item.what in (What.FULFILLED, What.REFUNDED):
            vouchers, pieces, minutes = (
                vouchers + (1 if item.pieces > 0 else -1),
                pieces + item.pieces,
                minutes + item.minutes,
            )
        else:
            no_shows += 1 if item.pieces > 0 else -1
        figures[item.benefit_id] = [vouchers, pieces, minutes, no_shows, corrections + is_correction]
    names = dict(Benefit.objects.filter(pk__in=figures).values_list("pk", "name"))
    return tuple(StatementLine(pk, names[pk], *figures[pk]) for pk in sorted(figures, key=lambda pk: (names[pk], pk)))


def providers_to_settle(actor: Actor) -> list[Organization]:
    """Departments that provide a benefit, or did."""
    access.require_manager(actor)
    offering = Benefit.objects.filter(provider__isnull=False).values("provider")
    gave = Voucher.objects.filter(provider__isnull=False).values("provider")
    return list(Organization.objects.filter(Q(pk__in=offering) | Q(pk__in=gave)).order_by("name"))
