"""Where one person's hours may go: each partner with what is shared, why, and whether the person agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xinshi.exchange.models import Partner, PartnerContract
from xinshi.exchange.partners.queries import PARTNERS_MAX, contract_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Consent
from xinshi.people.purposes import is_purpose


@dataclass(frozen=True, slots=True)
class Way:
    """One partner as a volunteer sees it; `given_at` is None without consent."""

    partner: Partner
    contract: PartnerContract | None
    given_at: datetime | None

    @property
    def purpose(self) -> str:
        return f"exchange:{self.partner.code}"

    @property
    def is_platform(self) -> bool:
        return self.partner.kind == Partner.Kind.PLATFORM

    @property
    def goes_out(self) -> bool:
        return self.is_platform or (self.contract is not None and self.contract.may_go_out)

    @property
    def comes_in(self) -> bool:
        return self.is_platform or (self.contract is not None and self.contract.may_come_in)

    @property
    def stands_still(self) -> bool:
        return self.partner.state != Partner.State.ACTIVE


def ways(actor: Actor) -> list[Way]:
    """The actor's own partners: those with whom hours can move now, and those to whom they agreed before."""
    if actor.person_id is None:
        raise NotFound
    standing = Consent.objects.filter(person_id=actor.person_id, withdrawn_at=None, purpose__startswith="exchange:")
    given = {purpose.partition(":")[2]: at for purpose, at in standing.values_list("purpose", "given_at")}
    found = []
    for partner in Partner.objects.order_by("-kind", "name", "pk")[:PARTNERS_MAX]:
        way = Way(partner, contract_in_force(partner, clock.today()), given.get(partner.code))
        is_open = way.is_platform or way.contract is not None
        if is_purpose(way.purpose) and (is_open or way.given_at is not None):
            found.append(way)
    return found
