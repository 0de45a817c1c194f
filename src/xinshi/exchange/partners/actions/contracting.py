"""Contracts: written by one administrator as a new version, put in force by another; the old versions stay."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.db.models import Max

from xinshi.audit.actions import record
from xinshi.exchange.access import require_partner_keeper
from xinshi.exchange.models import PartnerContract
from xinshi.exchange.partners.actions.registering import locked
from xinshi.exchange.partners.domain import ContractOver, InForceAlready, OwnContract, Terms
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound


@transaction.atomic
def write_contract(*, actor: Actor, partner_id: int, terms: Terms) -> int:
    """Write a new version; it changes nothing until somebody else puts it in force. Returns its number. Invalid."""
    require_partner_keeper(actor)
    terms.check(today=clock.today())
    partner = locked(partner_id)
    number = (partner.contracts.aggregate(number=Max("number"))["number"] or 0) + 1
    values = asdict(terms) | {
        "hours_kinds_in": list(terms.hours_kinds_in),
        "hours_kinds_out": list(terms.hours_kinds_out),
        "terms": terms.terms.strip(),
    }
    PartnerContract.objects.create(
        partner=partner, number=number, written_by_ref=actor.reference, written_at=clock.now(), **values
    )
    record(actor=actor, action="exchange.write_contract", object_ref=f"exchange-partner:{partner_id}", number=number)
    return number


@transaction.atomic
def put_contract_in_force(*, actor: Actor, partner_id: int, number: int) -> None:
    """Let a version hold, from its first day on and not before today; by another administrator than its author.

    NotFound, InForceAlready, OwnContract, ContractOver.
    """
    require_partner_keeper(actor)
    partner = locked(partner_id)
    contract = partner.contracts.select_for_update().filter(number=number).first()
    if contract is None:
        raise NotFound
    if contract.enforced_at is not None:
        raise InForceAlready
    if contract.written_by_ref == actor.reference and not actor.is_system:
        raise OwnContract
    if contract.ends_on is not None and contract.ends_on < clock.today():
        raise ContractOver
    contract.enforced_by_ref, contract.enforced_at = actor.reference, clock.now()
    contract.save(update_fields=["enforced_by_ref", "enforced_at"])
    record(
        actor=actor, action="exchange.put_contract_in_force", object_ref=f"exchange-partner:{partner_id}", number=number
    )
