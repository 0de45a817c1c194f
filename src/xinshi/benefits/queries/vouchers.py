"""Reads of vouchers: one's own, the desk's, a day's, and their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When

from xinshi.benefits import access
from xinshi.benefits.domain import (
    TAKING,
    UNDO_MINUTES,
    VoucherState,
    cancel_deadline,
    code_from,
    ended_refusal,
    missed_refusal,
    redeem_refusal,
)
from xinshi.benefits.models import Benefit, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound
from xinshi.kernel.ids import grouped_code
from xinshi.people.domain import masked_name
from xinshi.people.queries import people_of

DESK_ROWS_MAX: Final = 200
DAY_ROWS_MAX: Final = 5_000
MY_VOUCHERS_MAX: Final = 100
HANDLED_SHOWN: Final = 20
PRESSED_TWICE_SECONDS: Final = 10
PERSON_UNSEEN: Final = ("person__id_number", "person__phone", "person__skills", "person__service_categories")
"""Columns of a person that a list never shows; sealed ones would be opened for nothing."""


@dataclass(frozen=True, slots=True)
class VoucherCard:
    """A voucher as pages show it; `code` is grouped for reading.

    `state` is `expired` from the moment it ran out, `no_show` where that was the end of its own day. `for_whom` is the
    masked name of the relative it is for, `beneficiary_name` and `beneficiary_digits` are for the desk's eyes.
    """

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
    pieces: int
    handout: str
    cancel_until: datetime
    keeps_minutes: bool
    relation_label: str
    beneficiary_name: str
    beneficiary_digits: str
    ended_by_ref: str
    undone_at: datetime | None
    undone_reason: str

    @property
    def for_whom(self) -> str:
        return masked_name(self.beneficiary_name) if self.beneficiary_name else ""

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
class HandledVoucher:
    """A voucher that a clerk redeemed."""

    card: VoucherCard
    can_undo: bool


@dataclass(frozen=True, slots=True)
class BenefitFigures:
    """Figures for home and desk; minutes throughout."""

    offered: int
    open_vouchers: int
    fulfilled: int
    fulfilled_minutes: int


def vouchers_of_slot(actor: Actor, slot_id: int) -> list[VoucherCard]:
    """Who comes on a day and who has been there, by name; for those who manage."""
    access.require_manager(actor)
    rows = Voucher.objects.filter(slot_id=slot_id, state__in=TAKING)
    return [card_of(row) for row in _with_names(rows).order_by("person__name", "pk")[:DAY_ROWS_MAX]]


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
    return _with_names(Voucher.objects.filter(person_id__in=people_of(person_id))).order_by(is_open, "-pk")


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
        return at < card.cancel_until
    return access.is_clerk(actor)


def may_be_missed(actor: Actor, card: VoucherCard) -> bool:
    """True where a clerk may say that nobody came."""
    is_own = actor.person_id is not None and actor.person_id == card.person_id
    if not card.is_open or is_own or not access.is_clerk(actor):
        return False
    refusal = missed_refusal(slot_day=card.day, starts_at=card.starts_at, expires_at=card.expires_at, at=clock.now())
    return refusal is None


def handled_by(actor: Actor, *, limit: int = HANDLED_SHOWN) -> list[HandledVoucher]:
    """What the actor redeemed last at the desk, the newest first, and until when each can be undone."""
    states = [VoucherState.FULFILLED, VoucherState.REFUNDED]
    rows = Voucher.objects.filter(ended_by_ref=actor.reference, state__in=states)
    since = clock.now() - timedelta(minutes=UNDO_MINUTES)
    found = []
    for row in _with_names(rows).order_by("-ended_at", "-pk")[:limit]:
        is_recent = row.ended_at is not None and row.ended_at >= since
        found.append(HandledVoucher(card_of(row), can_undo=is_recent and row.state == VoucherState.FULFILLED))
    return found


def just_redeemed(actor: Actor, voucher_id: int) -> VoucherCard | None:
    """What the actor redeemed within the last minutes; None for anything else."""
    since = clock.now() - timedelta(minutes=UNDO_MINUTES)
    rows = Voucher.objects.filter(
        pk=voucher_id, ended_by_ref=actor.reference, state=VoucherState.FULFILLED, ended_at__gte=since
    )
    row = _with_names(rows).first()
    return card_of(row) if row is not None else None


def pressed_twice(actor: Actor, voucher_id: int) -> bool:
    """True where the actor redeemed this very voucher a few seconds ago: the second press of one button."""
    since = clock.now() - timedelta(seconds=PRESSED_TWICE_SECONDS)
    return Voucher.objects.filter(
        pk=voucher_id, ended_by_ref=actor.reference, state=VoucherState.FULFILLED, ended_at__gte=since
    ).exists()


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
    unused = VoucherState.NO_SHOW if row.slot_id is not None else VoucherState.EXPIRED
    state = unused if ran_out else VoucherState(row.state)
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
        pieces=row.pieces,
        handout=row.benefit.handout,
        cancel_until=cancel_deadline(
            slot_day=row.slot.day if row.slot else None,
            starts_at=row.slot.starts_at if row.slot else None,
            expires_at=row.expires_at,
            cancel_hours=row.benefit.cancel_hours,
        ),
        keeps_minutes=row.keeps_minutes,
        relation_label=str(Voucher.RelationChoice(row.relation).label) if row.relation else "",
        beneficiary_name=row.beneficiary_name,
        beneficiary_digits=row.beneficiary_digits,
        ended_by_ref=row.ended_by_ref,
        undone_at=row.undone_at,
        undone_reason=row.undone_reason,
    )


def _with_names(rows: QuerySet[Voucher]) -> QuerySet[Voucher]:
    return rows.select_related("benefit", "slot", "person").defer(*PERSON_UNSEEN)


def _is_due_today() -> Q:
    is_open = Q(state=Voucher.State.RESERVED, expires_at__gt=clock.now())
    return is_open & (Q(slot=None) | Q(slot__day=clock.today()))
