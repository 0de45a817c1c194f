"""Reads of what is offered: the catalogue as one person sees it, one benefit with its days, and the managers' list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum

from xinshi.benefits import access
from xinshi.benefits.domain import (
    NO_HISTORY,
    History,
    NotEnoughHours,
    Period,
    Standing,
    StarsMissing,
    Supply,
    TooYoung,
    WaitingState,
    budget_spent,
    obstacle,
    years_old,
)
from xinshi.benefits.models import Benefit, Budget, Slot, Voucher, Waiting
from xinshi.benefits.queries.eligibility import histories, terms_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound
from xinshi.organizations.models import Organization

CATALOGUE_MAX: Final = 200
SLOTS_SHOWN_MAX: Final = 120
OPEN_WAITING: Final = (WaitingState.WAITING, WaitingState.OFFERED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is from what a benefit asks for; minutes or years by `unit`."""

    unit: str
    have: int
    need: int

    @property
    def missing(self) -> int:
        return max(0, self.need - self.have)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A benefit as one person sees it; `refusal` says why they cannot reserve it, None for staff without a person."""

    id: int
    name: str
    description: str
    kind: str
    kind_label: str
    place: str
    supply: str
    price_minutes: int
    stars_min: int
    is_active: bool
    valid_days: int
    places_left: int | None
    next_day: date | None
    refusal: DomainError | None
    progress: Progress | None
    row: Benefit
    provider_name: str = ""
    waiting: int = 0

    @property
    def is_dated(self) -> bool:
        return self.supply == Supply.DATED

    @property
    def limit_label(self) -> str:
        return str(Benefit.PeriodChoice(self.row.limit_period).label) if self.row.limit_period else ""

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(self.row.groups.split())

    @property
    def is_full(self) -> bool:
        """Nothing is left, so that one can wait for it (a dated benefit is waited for by its day)."""
        return self.supply == Supply.STOCK and self.places_left == 0

    @property
    def pieces_choices(self) -> range:
        """How many can be taken at once; empty where it is always one."""
        most = min(self.row.pieces_max, self.row.pieces_max if self.places_left is None else self.places_left)
        return range(1, most + 1) if most > 1 else range(0)


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A day, or a time of it, that is still to come; `is_spent` where the budget of its period is used up."""

    id: int
    day: date
    starts_at: datetime | None
    places: int
    taken: int
    note: str = ""
    is_spent: bool = False
    waiting: int = 0
    own_waiting_id: int | None = None

    @property
    def places_left(self) -> int:
        return 0 if self.is_spent else self.places - self.taken


@dataclass(frozen=True, slots=True)
class OfferedDay:
    """A day of the calendar with its times."""

    day: date
    slots: tuple[OfferedSlot, ...]


@dataclass(frozen=True, slots=True)
class ManagedBenefit:
    """A benefit as those who offer it see it; the budget is the one of today's period."""

    offer: Offer
    open_vouchers: int
    fulfilled: int
    no_shows: int
    waiting: int
    stock: int | None
    budget: Budget | None


def offered_benefits(actor: Actor) -> QuerySet[Benefit]:
    """The benefits on offer, each with the free places and the next free day of its coming days."""
    return _with_days(access.visible_to(actor).filter(is_active=True))


def catalogue(actor: Actor, standing: Standing | None, *, kind: str = "") -> list[Offer]:
    """What is on offer, cheapest first, each with what keeps from it whoever stands so (`standing_of`)."""
    rows = offered_benefits(actor).order_by("price_minutes", "name", "pk")
    return offers_of(actor, list((rows.filter(kind=kind) if kind else rows)[:CATALOGUE_MAX]), standing)


def kinds_on_offer(actor: Actor) -> list[tuple[str, str]]:
    """The kinds of which something is on offer, with their names."""
    found = set(access.visible_to(actor).filter(is_active=True).values_list("kind", flat=True))
    return [(kind.value, str(kind.label)) for kind in Benefit.Kind if kind.value in found]


def offers_of(actor: Actor, rows: Sequence[Benefit], standing: Standing | None) -> list[Offer]:
    """`rows` come from `offered_benefits`; what the person had and missed is read once for all of them."""
    known: dict[int, History] = {}
    if standing is not None and actor.person_id is not None:
        days = {row.pk: getattr(row, "next_day", None) or clock.today() for row in rows}
        known = histories(actor.person_id, days, rows)
    spent = _spent_today([row for row in rows if row.budget_period and row.supply != Supply.DATED])
    return [offer_of(row, standing, history=known.get(row.pk, NO_HISTORY), is_spent=row.pk in spent) for row in rows]


def offer(actor: Actor, benefit_id: int, standing: Standing | None) -> Offer:
    """One benefit; NotFound where the actor may not see it."""
    row = _with_days(access.visible_to(actor)).filter(pk=benefit_id).first()
    if row is None:
        raise NotFound
    return offers_of(actor, [row], standing)[0]


def benefit(actor: Actor, benefit_id: int) -> Benefit:
    """The row itself, for those who change it; NotFound otherwise."""
    access.require_manager(actor)
    row = Benefit.objects.filter(pk=benefit_id).first()
    if row is None:
        raise NotFound
    return row


def coming_slots(row: Benefit, *, person_id: int | None = None, only_free: bool = False) -> list[OfferedSlot]:
    """Coming days of a benefit, earliest first; full ones too, so that one sees that they are full and can wait."""
    rows = Slot.objects.filter(_is_coming(), benefit=row)
    if only_free:
        rows = rows.filter(taken__lt=F("places"))
    ordered = list(rows.order_by("day", F("starts_at").asc(nulls_first=True), "pk")[:SLOTS_SHOWN_MAX])
    entries = Waiting.objects.filter(benefit=row, slot__isnull=False, state__in=OPEN_WAITING)
    line: dict[int | None, int] = {}
    own: dict[int | None, int] = {}
    for pk, slot_id, who in entries.values_list("pk", "slot_id", "person_id"):
        line[slot_id] = line.get(slot_id, 0) + 1
        if who == person_id:
            own[slot_id] = pk
    spent = _spent_periods(row) if row.budget_period else []
    return [
        OfferedSlot(
            id=slot.pk,
            day=slot.day,
            starts_at=slot.starts_at,
            places=slot.places,
            taken=slot.taken,
            note=slot.note,
            is_spent=any(first <= slot.day < after for first, after in spent),
            waiting=line.get(slot.pk, 0),
            own_waiting_id=own.get(slot.pk),
        )
        for slot in ordered
    ]


def calendar_of(slots: Iterable[OfferedSlot]) -> list[OfferedDay]:
    """The days with their times, in their order."""
    return [OfferedDay(day, tuple(found)) for day, found in groupby(slots, key=lambda slot: slot.day)]


def slot(actor: Actor, slot_id: int) -> Slot:
    """A day with its benefit, for those who manage; NotFound otherwise."""
    access.require_manager(actor)
    row = Slot.objects.select_related("benefit").filter(pk=slot_id).first()
    if row is None:
        raise NotFound
    return row


def offer_of(
    row: Benefit, standing: Standing | None, *, history: History = NO_HISTORY, is_spent: bool = False
) -> Offer:
    """`row` comes from `offered_benefits`: it carries the free places of its coming days."""
    left = _places_left(row)
    today = clock.today()
    refusal = None
    if standing is not None:
        refusal = obstacle(terms_of(row, places_left=left), standing, history=history, on=today)
        if refusal is None and is_spent:
            refusal = budget_spent(Period(row.budget_period), today)
    return Offer(
        id=row.pk,
        name=row.name,
        description=row.description,
        kind=row.kind,
        kind_label=str(Benefit.Kind(row.kind).label),
        place=row.place,
        supply=row.supply,
        price_minutes=row.price_minutes,
        stars_min=row.stars_min,
        is_active=row.is_active,
        valid_days=row.valid_days,
        places_left=left,
        next_day=getattr(row, "next_day", None),
        refusal=refusal,
        progress=_progress(row, standing, refusal),
        row=row,
        provider_name=getattr(row, "provider_name", None) or "",
        waiting=getattr(row, "line_length", None) or 0,
    )


def managed(actor: Actor) -> list[ManagedBenefit]:
    """Every benefit with its vouchers counted, those on offer first."""
    access.require_manager(actor)
    counts = {
        benefit_id: (still_open, done, missed)
        for benefit_id, still_open, done, missed in Voucher.objects.values_list("benefit_id").annotate(
            still_open=Count("id", filter=Q(state=Voucher.State.RESERVED)),
            done=Count("id", filter=Q(state=Voucher.State.FULFILLED)),
            missed=Count("id", filter=Q(state=Voucher.State.NO_SHOW)),
        )
    }
    lines = dict(Waiting.objects.filter(state__in=OPEN_WAITING).values_list("benefit_id").annotate(line=Count("id")))
    today = clock.today()
    budgets = {row.benefit_id: row for row in Budget.objects.filter(starts_on__lte=today, ends_before__gt=today)}
    rows = _with_days(Benefit.objects.all()).order_by("-is_active", "name", "pk")[:CATALOGUE_MAX]
    return [
        ManagedBenefit(
            offer_of(row, None), *counts.get(row.pk, (0, 0, 0)), lines.get(row.pk, 0), row.stock, budgets.get(row.pk)
        )
        for row in rows
    ]


def budgets_of(row: Benefit) -> list[Budget]:
    """The budgets of a benefit by period, the present and the coming ones."""
    return list(Budget.objects.filter(benefit=row, ends_before__gt=clock.today()).order_by("starts_on")[:24])


def possible_providers() -> list[Organization]:
    """Departments and partners that may provide a benefit."""
    kinds = (Organization.Kind.HOSPITAL, Organization.Kind.DEPARTMENT, Organization.Kind.PARTNER)
    return list(Organization.objects.filter(kind__in=kinds, is_active=True).order_by("kind", "name"))


def _progress(row: Benefit, standing: Standing | None, refusal: DomainError | None) -> Progress | None:
    """What has a measure: hours to spend, certified hours until the star, years until the age."""
    if standing is None:
        return None
    if isinstance(refusal, NotEnoughHours):
        return Progress("hours", max(0, standing.available_minutes or 0), row.price_minutes)
    if isinstance(refusal, StarsMissing):
        return Progress("stars", standing.certified_minutes, standing.star_thresholds_minutes[row.stars_min - 1])
    if isinstance(refusal, TooYoung) and standing.birth_date is not None and row.age_min is not None:
        return Progress("years", max(0, years_old(standing.birth_date, clock.today())), row.age_min)
    return None


def _spent_today(rows: Sequence[Benefit]) -> set[int]:
    """Of benefits without days those whose budget of today's period has no room for one more."""
    if not rows:
        return set()
    today = clock.today()
    found = {
        budget.benefit_id: budget
        for budget in Budget.objects.filter(benefit__in=rows, starts_on__lte=today, ends_before__gt=today)
    }
    return {row.pk for row in rows if row.pk in found and _is_spent(found[row.pk], row)}


def _spent_periods(row: Benefit) -> list[tuple[date, date]]:
    budgets = Budget.objects.filter(benefit=row, ends_before__gt=clock.today())
    spent = [(budget.starts_on, budget.ends_before) for budget in budgets if _is_spent(budget, row)]
    never_fits = row.budget_pieces == 0 or (row.budget_minutes is not None and row.budget_minutes < row.price_minutes)
    return [(date.min, date.max)] if never_fits else spent


def _is_spent(budget: Budget, row: Benefit) -> bool:
    return (budget.minutes_max is not None and budget.minutes_used + row.price_minutes > budget.minutes_max) or (
        budget.pieces_max is not None and budget.pieces_used + 1 > budget.pieces_max
    )


def _with_days(rows: QuerySet[Benefit]) -> QuerySet[Benefit]:
    free = Slot.objects.filter(_is_coming(), benefit=OuterRef("pk"), taken__lt=F("places")).order_by()
    by_benefit = free.values("benefit")
    line = Waiting.objects.filter(benefit=OuterRef("pk"), slot=None, state__in=OPEN_WAITING).order_by()
    return rows.annotate(
        free_places=Subquery(by_benefit.annotate(n=Sum(F("places") - F("taken"))).values("n")),
        next_day=Subquery(by_benefit.annotate(first=Min("day")).values("first")),
        line_length=Subquery(line.values("benefit").annotate(n=Count("pk")).values("n")),
        provider_name=F("provider__name"),
    )


def _is_coming() -> Q:
    """The same rule as `domain.slot_is_over`, for the database."""
    return Q(starts_at=None, day__gte=clock.today()) | Q(starts_at__gt=clock.now())


def _places_left(row: Benefit) -> int | None:
    if row.supply == Supply.DATED:
        return getattr(row, "free_places", 0) or 0
    return None if row.stock is None else row.stock - row.taken
