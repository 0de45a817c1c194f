"""Reads of transfers between banks, filtered by who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Min

from xinshi.bank.models import Passbook
from xinshi.exchange.models import Partner, PartnerContract
from xinshi.exchange.partners.queries import contract_in_force
from xinshi.exchange.partners.registry import Happening, Unfinished
from xinshi.interbank.identity.queries import purpose_of
from xinshi.interbank.moving.access import require_person, require_reader, visible_to
from xinshi.interbank.moving.domain import decided_from, refusal_words
from xinshi.interbank.moving.holdings import own_lots, sendable_minutes
from xinshi.interbank.moving.models import Decision, Transfer
from xinshi.interbank.moving.reaching import unreachable_since
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.people.models import Consent
from xinshi.people.queries import names_by_reference

State = Transfer.State
PAGE_SIZE: Final = 50
FINAL: Final = frozenset({State.CONFIRMED, State.REJECTED, State.DECLINED, State.APPLIED, State.REFUSED})
OUT_OF_HEARING: Final = frozenset({State.HELD, State.ASKED, State.SENT, State.UNKNOWN})
GOOD: Final = frozenset({State.CONFIRMED, State.APPLIED})


@dataclass(frozen=True, slots=True)
class BankCard:
    """A bank as the volunteer sees it: what may go there or come from there, and whether they have agreed."""

    partner: Partner
    purpose: str
    has_agreed: bool
    contract: PartnerContract | None

    @property
    def is_open(self) -> bool:
        return self.partner.state == Partner.State.ACTIVE and self.contract is not None and bool(self.partner.address)

    @property
    def may_go_out(self) -> bool:
        return self.is_open and self.contract is not None and self.contract.may_go_out

    @property
    def may_come_in(self) -> bool:
        return self.is_open and self.contract is not None and self.contract.may_come_in


@dataclass(frozen=True, slots=True)
class Steps:
    """Where a transfer stands, as its page shows it."""

    transfer: Transfer
    why: str
    """A message id; empty where nothing went wrong."""
    decision: Decision | None
    people: dict[str, str]
    unreachable_since: datetime | None
    """Since when nobody takes our calls there; None while somebody does."""

    @property
    def is_final(self) -> bool:
        return self.transfer.state in FINAL

    @property
    def is_good(self) -> bool:
        return self.transfer.state in GOOD

    @property
    def is_out(self) -> bool:
        return self.transfer.direction == Transfer.Direction.OUT

    @property
    def is_late(self) -> bool:
        """So long without an end that the page says so."""
        return not self.is_final and (clock.now() - self.transfer.begun_at).total_seconds() > 60

    @property
    def is_out_of_reach(self) -> bool:
        """The other bank has it not yet, or has not said so, because it cannot be reached."""
        return self.unreachable_since is not None and self.transfer.state in OUT_OF_HEARING

    @property
    def is_unknown(self) -> bool:
        return self.transfer.state == State.UNKNOWN

    @property
    def waits_for_people(self) -> bool:
        """Nobody answered in time: two people may decide."""
        return self.is_unknown and self.is_out and clock.now() >= decided_from(self.transfer.expires_at)


def banks(actor: Actor) -> list[BankCard]:
    """Every time bank that hours may be exchanged with, those that are open first."""
    person_id = require_person(actor)
    agreed = set(
        Consent.objects.filter(person_id=person_id, withdrawn_at=None, purpose__startswith="exchange:").values_list(
            "purpose", flat=True
        )
    )
    rows = Partner.objects.filter(kind=Partner.Kind.BANK).order_by("name", "pk")[:PAGE_SIZE]
    cards = [
        BankCard(row, purpose_of(row), purpose_of(row) in agreed, contract_in_force(row, clock.today())) for row in rows
    ]
    return sorted(cards, key=lambda card: not card.is_open)


def bank(actor: Actor, partner_id: int) -> BankCard:
    found = next((card for card in banks(actor) if card.partner.pk == partner_id), None)
    if found is None:
        raise NotFound
    return found


def own_sendable(actor: Actor) -> dict[str, int]:
    """Minutes that one may send to other banks, by kind; empty without an active passbook."""
    passbook = Passbook.objects.filter(person_id=require_person(actor), state=Passbook.State.ACTIVE).first()
    if passbook is None:
        return {}
    return {kind: sendable_minutes(passbook, kind, own_lots(passbook, kind)) for kind in map(str, HoursKind)}


def own_transfers(actor: Actor, *, limit: int = PAGE_SIZE) -> list[Transfer]:
    rows = Transfer.objects.filter(person_id=require_person(actor)).select_related("partner")
    return list(rows.order_by("-pk")[:limit])


def transfer(actor: Actor, transfer_id: int) -> Steps:
    """NotFound for what one may not see."""
    found = visible_to(actor).select_related("partner", "person").filter(pk=transfer_id).first()
    if found is None:
        raise NotFound
    decision = Decision.objects.filter(transfer=found, is_withdrawn=False).first()
    references = {decision.proposed_by_ref, decision.decided_by_ref} - {""} if decision else set()
    return Steps(
        found, refusal_words(found.code), decision, names_by_reference(references), unreachable_since(found.partner_id)
    )


def desk_transfers(
    actor: Actor, *, partner_id: int | None = None, state: str = "", before: int | None = None
) -> list[Transfer]:
    """Newest first; `state` is one of the states, or `open` for everything without an end."""
    require_reader(actor)
    rows = Transfer.objects.select_related("partner", "person")
    if partner_id is not None:
        rows = rows.filter(partner_id=partner_id)
    if state == "open":
        rows = rows.filter(ended_at=None)
    elif state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:PAGE_SIZE])


def unknown_count(actor: Actor) -> int:
    """How many transfers have no answer although it is overdue: for the desk."""
    require_reader(actor)
    return Transfer.objects.filter(
        state=State.UNKNOWN, direction=Transfer.Direction.OUT, expires_at__lt=clock.now()
    ).count()


def unfinished_of(partner_id: int) -> Unfinished:
    """For the partner's page: transfers without an end."""
    rows = Transfer.objects.filter(partner_id=partner_id, ended_at=None)
    found = rows.aggregate(count=Count("pk"), oldest=Min("begun_at"))
    return Unfinished(count=found["count"], oldest_at=found["oldest"])


def latest_of(partner_id: int) -> list[Happening]:
    """For the partner's page: the newest transfers."""
    rows = Transfer.objects.filter(partner_id=partner_id).order_by("-pk")[:20]
    return [
        Happening(
            at=_latest_at(row),
            what=gettext_noop("Hours from this bank") if row.direction == "in" else gettext_noop("Hours to this bank"),
            is_incoming=row.direction == Transfer.Direction.IN,
            object_ref=f"bank-transfer:{row.pk}",
            tone="good" if row.state in GOOD else "bad" if row.state in FINAL else "waiting",
        )
        for row in rows
    ]


def _latest_at(row: Transfer) -> datetime:
    return row.ended_at or row.begun_at
