"""The pool: what it holds, who gave, whom it helped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q, QuerySet, Sum

from xinshi.bank.accounts import POOL_REF
from xinshi.bank.models import Passbook
from xinshi.giving import access
from xinshi.giving.domain import (
    OwnPassbookMissing,
    OwnPassbookNotActive,
    RequestState,
    Source,
    check_minutes,
    require_donations,
)
from xinshi.giving.models import Donation, Grant, GroupHoursEntry, RequestStateChoice
from xinshi.giving.queries.own import own_means
from xinshi.giving.queries.standing import available, rules, why_taken_back
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger.domain import AccountKind, insufficient
from xinshi.ledger.models import Transfer
from xinshi.people.queries import names_by_reference

DONORS_SHOWN_MAX: Final = 50
CLOSING_KIND: Final = "closing_donation"
"""The booking by which the bank moves to the pool what is left on a passbook that is closed."""


@dataclass(frozen=True, slots=True)
class Donor:
    """A line of the public list; `name` is empty where the donor is not named."""

    name: str
    is_group: bool
    minutes: int
    given_on: date


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """The pool at a glance; minutes throughout, the year is the present calendar year."""

    holds_minutes: int
    given_minutes: int
    donations: int
    granted_minutes: int
    helped: int
    year: int


@dataclass(frozen=True, slots=True)
class GrantCard:
    """Help out of the pool; `reason` and `decision_reason` are empty for whoever may not read them."""

    id: int
    person_id: int
    person: str
    passbook_number: str
    minutes: int
    reason: str
    state: str
    state_label: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    taken_back: str
    may_decide: bool
    is_mine: bool

    @property
    def is_changeable(self) -> bool:
        return self.is_mine and self.state in (RequestState.PROPOSED, RequestState.RETURNED)


@dataclass(frozen=True, slots=True)
class DonationPreview:
    """What a donation would do: the giver's figures before and after, and the pool's."""

    source: str
    minutes: int
    before_minutes: int
    after_minutes: int
    certified_minutes: int
    pool_before: int
    pool_after: int


def pool_figures() -> PoolFigures:
    """What the pool holds, and what came in and went out this year."""
    year = clock.today().year
    given = Donation.objects.filter(given_on__year=year, taken_back=None)
    granted = Grant.objects.filter(decided_on__year=year, state=RequestState.APPROVED)
    return PoolFigures(
        holds_minutes=available(AccountKind.POOL, POOL_REF),
        given_minutes=(given.aggregate(total=Sum("minutes"))["total"] or 0) + _left_at_closing(year),
        donations=given.count(),
        granted_minutes=granted.aggregate(total=Sum("minutes"))["total"] or 0,
        helped=granted.values("person_id").distinct().count(),
        year=year,
    )


def _left_at_closing(year: int) -> int:
    """What members left to the pool this year when they closed their passbooks: booked by the bank, on no list."""
    rows = Transfer.objects.filter(kind=CLOSING_KIND, worked_on__year=year, reversal=None)
    return int(rows.aggregate(total=Sum("minutes"))["total"] or 0)


def donors() -> list[Donor]:
    """The newest donations as anybody may see them: a name only with consent to be named, and not where it is not wanted."""
    rows = Donation.objects.filter(taken_back=None).select_related("person", "organization").order_by("-pk")
    return [
        Donor(name=donor_name(row), is_group=row.source == Source.GROUP, minutes=row.minutes, given_on=row.given_on)
        for row in rows[:DONORS_SHOWN_MAX]
    ]


def donor_name(row: Donation) -> str:
    """The name that the public list shows; empty for who did not consent to be named."""
    if row.organization is not None:
        return row.organization.name
    person = row.person
    named = person is not None and person.is_public and person.erased_at is None and not row.is_anonymous
    return person.name if person is not None and named else ""


def preview_donation(actor: Actor, *, source: Source, minutes: int) -> DonationPreview:
    """Refuses what `donate` would refuse now."""
    means = own_means(actor)
    require_donations(rules())
    check_minutes(minutes)
    if means is None:
        raise OwnPassbookMissing
    if means.passbook_state != Passbook.State.ACTIVE:
        raise OwnPassbookNotActive
    before = means.available_minutes if source is Source.SPENDABLE else means.donation_only_minutes
    if minutes > before:
        raise insufficient(available=before, needed=minutes)
    pool = pool_figures().holds_minutes
    return DonationPreview(
        source=source.value,
        minutes=minutes,
        before_minutes=before,
        after_minutes=before - minutes,
        certified_minutes=means.certified_minutes,
        pool_before=pool,
        pool_after=pool + minutes,
    )


def grants(actor: Actor, *, state: str = "") -> QuerySet[Grant]:
    """Grants that the actor may see; those that wait first."""
    rows = access.grants_visible_to(actor).select_related("person__passbook", "taken_back")
    return rows.filter(state=state) if state else rows


def state_choices() -> list[tuple[str, str]]:
    """The states of a grant with their names, in the order of its life."""
    return [(value, str(label)) for value, label in RequestStateChoice.choices]


def grant(actor: Actor, grant_id: int) -> GrantCard:
    row = grants(actor).filter(pk=grant_id).first()
    if row is None:
        raise NotFound
    return grant_cards(actor, [row])[0]


def grant_cards(actor: Actor, rows: Iterable[Grant]) -> list[GrantCard]:
    found = list(rows)
    people = names_by_reference([ref for row in found for ref in (row.proposed_by_ref, row.decided_by_ref)])
    with_reasons, is_reader = access.may_read_reasons(actor), access.is_reader(actor)
    return [
        GrantCard(
            id=row.pk,
            person_id=row.person_id,
            person=row.person.name,
            passbook_number=row.person.passbook.number,
            minutes=row.minutes,
            reason=row.reason if with_reasons and not access.is_own(actor, row.person_id) else "",
            state=row.state,
            state_label=str(row.get_state_display()),
            proposed_by=people.get(row.proposed_by_ref, "") if is_reader else "",
            proposed_at=row.proposed_at,
            decided_by=people.get(row.decided_by_ref, "") if is_reader else "",
            decided_at=row.decided_at,
            decision_reason=row.decision_reason if with_reasons else "",
            taken_back=why_taken_back(row) if with_reasons else "",
            may_decide=access.may_decide(
                actor, state=row.state, proposed_by_ref=row.proposed_by_ref, person_id=row.person_id
            ),
            is_mine=actor.reference == row.proposed_by_ref,
        )
        for row in found
    ]


def waiting_count(actor: Actor) -> int:
    """Grants and hours of groups that the actor could decide on now."""
    waiting = Q(state=RequestState.PROPOSED) & ~Q(proposed_by_ref=actor.reference)
    if not access.is_keeper(actor):
        return 0
    own = Q(person_id=actor.person_id) if actor.person_id is not None else Q(pk=None)
    return Grant.objects.filter(waiting).exclude(own).count() + GroupHoursEntry.objects.filter(waiting).count()


def member_by_number(actor: Actor, number: str) -> Passbook | None:
    """For keepers: the passbook with this number, to propose help for its person."""
    access.require_keeper(actor)
    wanted = "".join(number.split()).replace("\0", "")
    return Passbook.objects.select_related("person").filter(number=wanted).first()
