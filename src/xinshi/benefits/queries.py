"""Reads of benefits and vouchers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Case, Count, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from xinshi.bank.queries import passbooks_by_person, policy_in_force
from xinshi.benefits import access
from xinshi.benefits.domain import (
    Standing,
    Supply,
    Terms,
    VoucherState,
    code_from,
    ended_refusal,
    obstacle,
    redeem_refusal,
)
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound
from xinshi.kernel.ids import grouped_code
from xinshi.ledger.queries import balance

CATALOGUE_MAX: Final = 200
SLOTS_SHOWN_MAX: Final = 120
DESK_ROWS_MAX: Final = 200
DAY_ROWS_MAX: Final = 5_000
MY_VOUCHERS_MAX: Final = 100
PERSON_UNSEEN: Final = ("person__id_number", "person__phone", "person__skills", "person__service_categories")
"""Columns of a person that a list never shows; sealed ones would be opened for nothing."""


@dataclass(frozen=True, slots=True)
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

    @property
    def is_dated(self) -> bool:
        return self.supply == Supply.DATED


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A day, or a time of it, that is still to come."""

    id: int
    day: date
    starts_at: datetime | None
    places: int
    taken: int

    @property
    def places_left(self) -> int:
        return self.places - self.taken


@dataclass(frozen=True, slots=True)
class VoucherCard:
    """A voucher as pages show it; `state` is `expired` from the moment it ran out, `code` is grouped for reading."""

    id: int
    short_code: str
    state: str
    state_label: str
    benefit_id: int
    benefit_name: str
    kind_label: str
    place: str
    slot_id: int | None
    day: date | None
    starts_at: datetime | None
    minutes: int
    person_id: int
    person_name: str
    volunteer_number: str
    expires_at: datetime
    reserved_at: datetime
    ended_at: datetime | None
    reason: str

    @property
    def code(self) -> str:
        return grouped_code(self.short_code)

    @property
    def is_open(self) -> bool:
        return self.state == VoucherState.RESERVED

    @property
    def last_day(self) -> date:
        """The last day on which it is good."""
        return clock.local_day(self.expires_at - timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class BenefitFigures:
    """Figures for home and desk; minutes throughout."""

    offered: int
    open_vouchers: int
    fulfilled: int
    fulfilled_minutes: int


@dataclass(frozen=True, slots=True)
class ManagedBenefit:
    """A benefit as those who offer it see it."""

    offer: Offer
    open_vouchers: int
    fulfilled: int
    stock: int | None


def standing_of(actor: Actor) -> Standing | None:
    """What the actor brings: passbook, stars, spendable minutes; None for somebody who is no person of the archive."""
    if actor.person_id is None:
        return None
    thresholds = policy_in_force().star_thresholds_minutes
    card = passbooks_by_person([actor.person_id]).get(actor.person_id)
    if card is None:
        return Standing(
            passbook_state="",
            star_level=0,
            certified_minutes=0,
            available_minutes=0,
            star_thresholds_minutes=thresholds,
        )
    return Standing(
        passbook_state=card.state,
        star_level=card.star_level,
        certified_minutes=card.certified_minutes,
        available_minutes=balance(card.account_id).available,
        star_thresholds_minutes=thresholds,
    )


def offered_benefits(actor: Actor) -> QuerySet[Benefit]:
    """The benefits on offer, each with the free places and the next free day of its coming days."""
    return _with_days(access.visible_to(actor).filter(is_active=True))


def catalogue(actor: Actor, standing: Standing | None) -> list[Offer]:
    """What is on offer, cheapest first, each with what keeps from it whoever stands so (`standing_of`)."""
    rows = offered_benefits(actor).order_by("price_minutes", "name", "pk")[:CATALOGUE_MAX]
    return [offer_of(row, standing) for row in rows]


def offer(actor: Actor, benefit_id: int, standing: Standing | None) -> Offer:
    """One benefit; NotFound where the actor may not see it."""
    row = _with_days(access.visible_to(actor)).filter(pk=benefit_id).first()
    if row is None:
        raise NotFound
    return offer_of(row, standing)


def benefit(actor: Actor, benefit_id: int) -> Benefit:
    """The row itself, for those who change it; NotFound otherwise."""
    access.require_manager(actor)
    row = Benefit.objects.filter(pk=benefit_id).first()
    if row is None:
        raise NotFound
    return row


def coming_slots(benefit_id: int, *, only_free: bool = False) -> list[OfferedSlot]:
    """Coming days of a benefit, earliest first; full ones too, so that one sees that they are full."""
    rows = Slot.objects.filter(_is_coming(), benefit_id=benefit_id)
    if only_free:
        rows = rows.filter(taken__lt=F("places"))
    ordered = rows.order_by("day", F("starts_at").asc(nulls_first=True), "pk")[:SLOTS_SHOWN_MAX]
    return [OfferedSlot(row.pk, row.day, row.starts_at, row.places, row.taken) for row in ordered]


def slot(actor: Actor, slot_id: int) -> Slot:
    """A day with its benefit, for those who manage; NotFound otherwise."""
    access.require_manager(actor)
    row = Slot.objects.select_related("benefit").filter(pk=slot_id).first()
    if row is None:
        raise NotFound
    return row


def vouchers_of_slot(actor: Actor, slot_id: int) -> list[VoucherCard]:
    """Who comes on a day and who has been there, by name; for those who manage."""
    access.require_manager(actor)
    rows = Voucher.objects.filter(slot_id=slot_id, state__in=[Voucher.State.RESERVED, Voucher.State.FULFILLED])
    return [card_of(row) for row in _with_names(rows).order_by("person__name", "pk")[:DAY_ROWS_MAX]]


def offer_of(row: Benefit, standing: Standing | None) -> Offer:
    """`row` comes from `offered_benefits`: it carries the free places of its coming days."""
    left = _places_left(row)
    terms = Terms(
        is_active=row.is_active,
        supply=Supply(row.supply),
        price_minutes=row.price_minutes,
        stars_min=row.stars_min,
        places_left=left,
    )
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
        refusal=obstacle(terms, standing) if standing is not None else None,
    )


def managed(actor: Actor) -> list[ManagedBenefit]:
    """Every benefit with its vouchers counted, those on offer first."""
    access.require_manager(actor)
    counts = {
        benefit_id: (still_open, done)
        for benefit_id, still_open, done in Voucher.objects.values_list("benefit_id").annotate(
            still_open=Count("id", filter=Q(state=Voucher.State.RESERVED)),
            done=Count("id", filter=Q(state=Voucher.State.FULFILLED)),
        )
    }
    rows = _with_days(Benefit.objects.all()).order_by("-is_active", "name", "pk")[:CATALOGUE_MAX]
    return [ManagedBenefit(offer_of(row, None), *counts.get(row.pk, (0, 0)), row.stock) for row in rows]


def vouchers(actor: Actor) -> QuerySet[Voucher]:
    """The actor's own vouchers with all that a card shows, open ones first, then the newest."""
    if actor.person_id is None:
        return Voucher.objects.none()
    return own_vouchers(actor.person_id)


def own_vouchers(person_id: int) -> QuerySet[Voucher]:
    is_open = Case(
        When(state=Voucher.State.RESERVED, expires_at__gt=clock.now(), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    return _with_names(Voucher.objects.filter(person_id=person_id)).order_by(is_open, "-pk")


def my_vouchers(person_id: int) -> list[VoucherCard]:
    """A person's open vouchers, the one that runs out first at the top."""
    rows = Voucher.objects.filter(person_id=person_id, state=Voucher.State.RESERVED, expires_at__gt=clock.now())
    return [card_of(row) for row in _with_names(rows).order_by("expires_at", "pk")[:MY_VOUCHERS_MAX]]


def voucher(actor: Actor, voucher_id: int) -> VoucherCard:
    """One voucher that the actor may see; NotFound otherwise."""
    row = _with_names(access.vouchers_visible_to(actor)).filter(pk=voucher_id).first()
    if row is None:
        raise NotFound
    return card_of(row)


def voucher_by_code(actor: Actor, typed: str) -> VoucherCard:
    """The voucher whose short code was typed or scanned; NotFound where there is none or it is somebody else's."""
    code = code_from(typed)
    row = _with_names(access.vouchers_visible_to(actor)).filter(short_code=code).first() if code else None
    if row is None:
        raise NotFound
    return card_of(row)


def why_not_redeemed(actor: Actor, card: VoucherCard) -> DomainError | None:
    """The desk's verdict: None is a yes."""
    return redeem_refusal(
        state=VoucherState(card.state),
        ended_at=card.ended_at,
        expires_at=card.expires_at,
        slot_day=card.day,
        is_own=actor.person_id is not None and actor.person_id == card.person_id,
        at=clock.now(),
    )


def may_cancel(actor: Actor, card: VoucherCard) -> bool:
    """True where `actions.cancel` would be open to the actor now."""
    at = clock.now()
    ended = ended_refusal(state=VoucherState(card.state), ended_at=card.ended_at, expires_at=card.expires_at, at=at)
    if ended is not None:
        return False
    if actor.person_id is not None and actor.person_id == card.person_id:
        return card.day is None or card.day > clock.local_day(at)
    return access.is_clerk(actor)


def open_vouchers_today(*, limit: int = DESK_ROWS_MAX) -> list[VoucherCard]:
    """Open vouchers that may be redeemed today: those of today's days by their time, then those without a day."""
    rows = Voucher.objects.filter(_is_due_today())
    ordered = _with_names(rows).order_by(
        F("slot__day").asc(nulls_last=True), F("slot__starts_at").asc(nulls_first=True), "expires_at", "pk"
    )
    return [card_of(row) for row in ordered[:limit]]


def due_today() -> int:
    """How many open vouchers belong to today's days."""
    return Voucher.objects.filter(_is_due_today(), slot__isnull=False).count()


def figures() -> BenefitFigures:
    row = Voucher.objects.aggregate(
        still_open=Count("id", filter=Q(state=Voucher.State.RESERVED, expires_at__gt=clock.now())),
        done=Count("id", filter=Q(state=Voucher.State.FULFILLED)),
        minutes=Sum("minutes", filter=Q(state=Voucher.State.FULFILLED)),
    )
    offered = Benefit.objects.filter(is_active=True).count()
    return BenefitFigures(offered, row["still_open"], row["done"], row["minutes"] or 0)


def card_of(row: Voucher) -> VoucherCard:
    ran_out = row.state == Voucher.State.RESERVED and row.expires_at <= clock.now()
    state = VoucherState.EXPIRED if ran_out else VoucherState(row.state)
    return VoucherCard(
        id=row.pk,
        short_code=row.short_code,
        state=state.value,
        state_label=str(Voucher.State(state.value).label),
        benefit_id=row.benefit_id,
        benefit_name=row.benefit.name,
        kind_label=str(Benefit.Kind(row.benefit.kind).label),
        place=row.benefit.place,
        slot_id=row.slot_id,
        day=row.slot.day if row.slot else None,
        starts_at=row.slot.starts_at if row.slot else None,
        minutes=row.minutes,
        person_id=row.person_id,
        person_name=row.person.name,
        volunteer_number=row.person.volunteer_number or "",
        expires_at=row.expires_at,
        reserved_at=row.reserved_at,
        ended_at=row.ended_at,
        reason=row.reason,
    )


def _with_names(rows: QuerySet[Voucher]) -> QuerySet[Voucher]:
    return rows.select_related("benefit", "slot", "person").defer(*PERSON_UNSEEN)


def _with_days(rows: QuerySet[Benefit]) -> QuerySet[Benefit]:
    free = Slot.objects.filter(_is_coming(), benefit=OuterRef("pk"), taken__lt=F("places")).order_by()
    by_benefit = free.values("benefit")
    return rows.annotate(
        free_places=Subquery(by_benefit.annotate(n=Sum(F("places") - F("taken"))).values("n")),
        next_day=Subquery(by_benefit.annotate(first=Min("day")).values("first")),
    )


def _is_coming() -> Q:
    """The same rule as `domain.slot_is_over`, for the database."""
    return Q(starts_at=None, day__gte=clock.today()) | Q(starts_at__gt=clock.now())


def _is_due_today() -> Q:
    is_open = Q(state=Voucher.State.RESERVED, expires_at__gt=clock.now())
    return is_open & (Q(slot=None) | Q(slot__day=clock.today()))


def _places_left(row: Benefit) -> int | None:
    if row.supply == Supply.DATED:
        return getattr(row, "free_places", 0) or 0
    return None if row.stock is None else row.stock - row.taken
