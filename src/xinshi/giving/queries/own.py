"""One's own relatives, gifts, donations, and what a gift would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from xinshi.bank.models import Passbook
from xinshi.giving import access
from xinshi.giving.domain import (
    INVERSE,
    NotRelatives,
    OwnPassbookMissing,
    OwnPassbookNotActive,
    ReceiverNotActive,
    Relation,
    RelativeState,
    check_gift,
    check_minutes,
    left_to_give,
    require_gifts,
)
from xinshi.giving.models import OPEN_STATES, Donation, Gift, Relative
from xinshi.giving.queries.standing import donation_only_minutes, given_in_year, rules, why_taken_back
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger.domain import insufficient
from xinshi.ledger.queries import balance

OWN_ROWS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class RelativeCard:
    """A registration as one of the two sees it: `name` and `relation` are the other's."""

    id: int
    name: str
    relation: str
    relation_label: str
    state: str
    state_label: str
    is_from_station: bool
    is_mine_to_answer: bool
    asked_at: datetime

    @property
    def is_accepted(self) -> bool:
        return self.state == RelativeState.ACCEPTED

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class GiftCard:
    """A gift; `note` only for the two, names only for who may see it."""

    id: int
    giver_id: int
    giver: str
    receiver_id: int
    receiver: str
    minutes: int
    note: str
    given_at: datetime
    taken_back: str
    """Why it was taken back; empty while it stands."""
    is_given: bool
    """True for the one who gave it."""


@dataclass(frozen=True, slots=True)
class OwnMeans:
    """What somebody can give; `left_minutes` is what the yearly cap leaves, None without a cap."""

    passbook_state: str
    available_minutes: int
    donation_only_minutes: int
    certified_minutes: int
    left_minutes: int | None


@dataclass(frozen=True, slots=True)
class GiftPreview:
    """What a gift would do, before it is made: the giver's figures, and that lifetime hours stay."""

    relative: RelativeCard
    minutes: int
    available_before: int
    available_after: int
    certified_minutes: int
    left_after: int | None


def relatives(actor: Actor) -> list[RelativeCard]:
    """The actor's own relatives and open questions, those to answer first."""
    if actor.person_id is None:
        return []
    rows = access.relatives_visible_to(actor).filter(
        Q(asker_id=actor.person_id) | Q(other_id=actor.person_id), state__in=OPEN_STATES
    )
    cards = [_relative(row, actor.person_id) for row in rows.select_related("asker", "other").order_by("pk")]
    return sorted(cards, key=lambda card: (not card.is_mine_to_answer, card.is_accepted, card.id))


def relative(actor: Actor, relative_id: int) -> RelativeCard:
    """One registration of the actor's own; NotFound otherwise."""
    rows = access.relatives_visible_to(actor).select_related("asker", "other")
    row = rows.filter(pk=relative_id).first()
    if row is None or not access.is_own(actor, row.asker_id, row.other_id):
        raise NotFound
    assert actor.person_id is not None
    return _relative(row, actor.person_id)


def _relative(row: Relative, person_id: int) -> RelativeCard:
    is_asker = row.asker_id == person_id
    seen = Relation(row.relation) if is_asker else INVERSE[Relation(row.relation)]
    return RelativeCard(
        id=row.pk,
        name=(row.other if is_asker else row.asker).name,
        relation=seen.value,
        relation_label=str(Relative.RelationChoice(seen.value).label),
        state=row.state,
        state_label=str(Relative.State(row.state).label),
        is_from_station=row.is_from_station,
        is_mine_to_answer=not is_asker and row.state == RelativeState.ASKED,
        asked_at=row.asked_at,
    )


def own_means(actor: Actor) -> OwnMeans | None:
    """What the actor can give; None without a passbook."""
    found = Passbook.objects.filter(person_id=actor.person_id or 0).first()
    if found is None:
        return None
    view = balance(found.account_id)
    return OwnMeans(
        passbook_state=found.state,
        available_minutes=view.available,
        donation_only_minutes=donation_only_minutes(found.person_id),
        certified_minutes=found.certified_minutes,
        left_minutes=left_to_give(rules(), given_minutes=given_in_year(found.person_id, clock.today().year)),
    )


def gifts(actor: Actor) -> QuerySet[Gift]:
    """Gifts that the actor may see, for lists by the API."""
    return access.gifts_visible_to(actor).select_related("giver", "receiver", "taken_back")


def own_gifts(actor: Actor) -> list[GiftCard]:
    """What the actor gave and got, newest first."""
    if actor.person_id is None:
        return []
    own = Q(giver_id=actor.person_id) | Q(receiver_id=actor.person_id)
    return [gift_card(actor, row) for row in gifts(actor).filter(own).order_by("-pk")[:OWN_ROWS_MAX]]


def gift(actor: Actor, gift_id: int) -> GiftCard:
    row = gifts(actor).filter(pk=gift_id).first()
    if row is None:
        raise NotFound
    return gift_card(actor, row)


def gift_card(actor: Actor, row: Gift) -> GiftCard:
    is_party = access.is_own(actor, row.giver_id, row.receiver_id)
    return GiftCard(
        id=row.pk,
        giver_id=row.giver_id,
        giver=row.giver.name,
        receiver_id=row.receiver_id,
        receiver=row.receiver.name,
        minutes=row.minutes,
        note=row.note if is_party else "",
        given_at=row.given_at,
        taken_back=why_taken_back(row),
        is_given=actor.person_id == row.giver_id,
    )


def donations(actor: Actor) -> QuerySet[Donation]:
    """Donations that the actor may see."""
    return access.donations_visible_to(actor).select_related("person", "organization", "taken_back")


def own_donations(actor: Actor) -> list[Donation]:
    if actor.person_id is None:
        return []
    return list(donations(actor).filter(person_id=actor.person_id).order_by("-pk")[:OWN_ROWS_MAX])


def donation(actor: Actor, donation_id: int) -> Donation:
    row = donations(actor).filter(pk=donation_id).first()
    if row is None:
        raise NotFound
    return row


def preview_gift(actor: Actor, *, relative_id: int, minutes: int) -> GiftPreview:
    """Refuses what `give` would refuse now, so that nobody confirms in vain; `give` decides again under its locks."""
    card, means, policy_rules = relative(actor, relative_id), own_means(actor), rules()
    require_gifts(policy_rules)
    check_minutes(minutes)
    if means is None:
        raise OwnPassbookMissing
    if means.passbook_state != Passbook.State.ACTIVE:
        raise OwnPassbookNotActive
    if not card.is_accepted:
        raise NotRelatives
    check_gift(
        policy_rules,
        minutes=minutes,
        given_minutes=given_in_year(actor.person_id or 0, clock.today().year),
        receiver_minutes=_posted_of_other(actor, relative_id),
    )
    if minutes > means.available_minutes:
        raise insufficient(available=means.available_minutes, needed=minutes)
    return GiftPreview(
        relative=card,
        minutes=minutes,
        available_before=means.available_minutes,
        available_after=means.available_minutes - minutes,
        certified_minutes=means.certified_minutes,
        left_after=None if means.left_minutes is None else means.left_minutes - minutes,
    )


def _posted_of_other(actor: Actor, relative_id: int) -> int:
    row = access.relatives_visible_to(actor).get(pk=relative_id)
    other = row.other_id if row.asker_id == actor.person_id else row.asker_id
    account_id = Passbook.objects.filter(person_id=other, state=Passbook.State.ACTIVE).values_list(
        "account_id", flat=True
    )
    found = account_id.first()
    if found is None:
        raise ReceiverNotActive
    return balance(found).posted
