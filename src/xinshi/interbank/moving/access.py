"""Who may look at transfers between banks, and who decides what is unknown."""

from __future__ import annotations

from django.db.models import QuerySet

from xinshi.exchange.access import READERS, require_keeper, require_partner_keeper, require_reader
from xinshi.interbank.moving.domain import OwnTransfer
from xinshi.interbank.moving.models import Transfer
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed
from xinshi.people.access import is_own

__all__ = ["require_decider", "require_partner_keeper", "require_person", "require_reader", "visible_to"]


def require_person(actor: Actor) -> int:
    """The person of who acts: hours are moved by oneself."""
    if actor.person_id is None:
        raise NotAllowed
    return actor.person_id


def require_decider(actor: Actor, transfer: Transfer) -> None:
    """Coordinators and administrators decide, not about themselves."""
    require_keeper(actor)
    if actor.person_id == transfer.person_id:
        raise OwnTransfer


def visible_to(actor: Actor) -> QuerySet[Transfer]:
    """Every transfer for keepers and auditors; for others their own."""
    if actor.has(*READERS):
        return Transfer.objects.all()
    if actor.person_id is None:
        return Transfer.objects.none()
    return Transfer.objects.filter(is_own(actor))
