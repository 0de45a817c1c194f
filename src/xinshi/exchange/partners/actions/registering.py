"""Registering a partner, changing what it is called and where it answers, and how much may be owed."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.doors.outgoing import AddressRefused, require_allowed
from xinshi.exchange.access import require_partner_keeper
from xinshi.exchange.models import Partner, PartnerStateChange
from xinshi.exchange.partners.domain import (
    ADDRESS_LENGTH_MAX,
    NAME_LENGTH_MAX,
    Limits,
    NothingProposed,
    OwnContract,
    PartnerKnown,
    check_code,
    check_text,
)
from xinshi.exchange.partners.queries import limits_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop

REGISTERED = gettext_noop("Registered; nothing moves before a contract is in force.")
NO_BASE = gettext_noop(
    "What is called lies below this address: write it without a question mark and with at most 160 signs."
)


@transaction.atomic
def register_partner(
    *, actor: Actor, code: str, name: str, kind: Partner.Kind, address: str = "", limits: Limits | None = None
) -> int:
    """Write a partner down; nothing moves before a contract is in force. Returns its id. PartnerKnown, Invalid."""
    require_partner_keeper(actor)
    check_code(code)
    plain = check_text("name", name, NAME_LENGTH_MAX)
    _check_address(address)
    bounds = limits or Limits()
    bounds.check()
    at = clock.now()
    partner, is_new = Partner.objects.get_or_create(
        code=code,
        defaults={
            "name": plain,
            "kind": kind.value,
            "address": address,
            "in_minutes_max": bounds.in_minutes_max,
            "out_minutes_max": bounds.out_minutes_max,
            "state_since": at,
            "state_by_ref": actor.reference,
            "created_at": at,
        },
    )
    if not is_new:
        raise PartnerKnown
    PartnerStateChange.objects.create(
        partner=partner, state=partner.state, reason=REGISTERED, at=at, by_ref=actor.reference
    )
    record(
        actor=actor, action="exchange.register_partner", object_ref=f"exchange-partner:{partner.pk}", kind=kind.value
    )
    return partner.pk


@transaction.atomic
def change_partner(*, actor: Actor, partner_id: int, name: str, address: str) -> None:
    """Change what a partner is called and where its interface answers; its code stays, both books know it."""
    require_partner_keeper(actor)
    partner = locked(partner_id)
    partner.name = check_text("name", name, NAME_LENGTH_MAX)
    _check_address(address)
    is_moved = partner.address != address
    partner.address = address
    partner.save(update_fields=["name", "address"])
    record(
        actor=actor,
        action="exchange.change_partner",
        object_ref=f"exchange-partner:{partner_id}",
        address_changed=is_moved,
    )


@transaction.atomic
def change_limits(*, actor: Actor, partner_id: int, limits: Limits) -> bool:
    """Set how much may be owed: tighter limits hold at once (True), wider ones wait for a second administrator (False)."""
    require_partner_keeper(actor)
    limits.check()
    partner = locked(partner_id)
    figures = {"in_minutes_max": limits.in_minutes_max, "out_minutes_max": limits.out_minutes_max}
    is_wider = limits.is_wider_than(limits_of(partner)) and not actor.is_system
    if is_wider:
        partner.limits_proposed = {"in": limits.in_minutes_max, "out": limits.out_minutes_max}
        partner.limits_proposed_by_ref = actor.reference
        partner.save(update_fields=["limits_proposed", "limits_proposed_by_ref"])
    else:
        _set_limits(partner, limits)
    action = "exchange.propose_limits" if is_wider else "exchange.change_limits"
    record(actor=actor, action=action, object_ref=f"exchange-partner:{partner_id}", **figures)
    return not is_wider


@transaction.atomic
def confirm_limits(*, actor: Actor, partner_id: int) -> None:
    """Let wider limits hold; by another administrator than the one who proposed them. NothingProposed, OwnContract."""
    require_partner_keeper(actor)
    partner = locked(partner_id)
    if partner.limits_proposed is None:
        raise NothingProposed
    if partner.limits_proposed_by_ref == actor.reference and not actor.is_system:
        raise OwnContract
    limits = Limits(partner.limits_proposed["in"], partner.limits_proposed["out"])
    _set_limits(partner, limits)
    figures = {"in_minutes_max": limits.in_minutes_max, "out_minutes_max": limits.out_minutes_max}
    record(actor=actor, action="exchange.confirm_limits", object_ref=f"exchange-partner:{partner_id}", **figures)


def locked(partner_id: int) -> Partner:
    """The partner's row, locked; NotFound for an unknown one."""
    partner = Partner.objects.select_for_update().filter(pk=partner_id).first()
    if partner is None:
        raise NotFound
    return partner


def _set_limits(partner: Partner, limits: Limits) -> None:
    partner.in_minutes_max, partner.out_minutes_max = limits.in_minutes_max, limits.out_minutes_max
    partner.limits_proposed, partner.limits_proposed_by_ref = None, ""
    partner.save(update_fields=["in_minutes_max", "out_minutes_max", "limits_proposed", "limits_proposed_by_ref"])


def _check_address(address: str) -> None:
    """Invalid where a partner's interface may not be called there; empty is a partner of whom only files are known."""
    if not address:
        return
    try:
        require_allowed(address)
    except AddressRefused as refusal:
        raise Invalid(field="address", reason=refusal.message) from None
    if len(address) > ADDRESS_LENGTH_MAX or "?" in address:
        raise Invalid(field="address", reason=NO_BASE)
