"""A partner's public keys: added by one administrator, confirmed by another, revoked by one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.exchange.access import require_partner_keeper
from xinshi.exchange.models import PartnerKey
from xinshi.exchange.partners.actions.registering import locked
from xinshi.exchange.partners.domain import (
    KEY_ID,
    REASON_LENGTH_MAX,
    InForceAlready,
    KeyKnown,
    KeyRevoked,
    OwnContract,
    check_text,
    public_key_bytes,
)
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop

KEYS_MAX = 100


@transaction.atomic
def add_key(*, actor: Actor, partner_id: int, key_id: str, public_key: str, valid_from: datetime | None = None) -> int:
    """Write a partner's key down; nothing is trusted by it before somebody else confirms it. Returns its row's id.

    `public_key` is base64 of Ed25519's 32 bytes. Invalid, KeyKnown.
    """
    require_partner_keeper(actor)
    if not KEY_ID.fullmatch(key_id):
        reason = gettext_noop("A key's name has small letters, digits, dots and hyphens, at most 32, such as 2026-11.")
        raise Invalid(field="key_id", reason=reason)
    public_key_bytes(public_key)
    partner = locked(partner_id)
    if partner.keys.filter(key_id=key_id).exists():
        raise KeyKnown
    if partner.keys.count() >= KEYS_MAX:
        raise Invalid(field="key_id", reason=gettext_noop("This partner has 100 keys already. Ask who runs this site."))
    key = PartnerKey.objects.create(
        partner=partner,
        key_id=key_id,
        public_key=public_key,
        valid_from=valid_from or clock.now(),
        added_by_ref=actor.reference,
    )
    record(actor=actor, action="exchange.add_key", object_ref=f"exchange-partner:{partner_id}", key=key_id)
    return key.pk


@transaction.atomic
def confirm_key(*, actor: Actor, partner_id: int, key_id: str) -> None:
    """Trust a key, after its fingerprint was compared with the partner's own word; by another administrator.

    NotFound, KeyRevoked, InForceAlready, OwnContract.
    """
    require_partner_keeper(actor)
    key = _locked_key(partner_id, key_id)
    if key.revoked_at is not None:
        raise KeyRevoked
    if key.confirmed_at is not None:
        raise InForceAlready
    if key.added_by_ref == actor.reference and not actor.is_system:
        raise OwnContract
    key.confirmed_by_ref, key.confirmed_at = actor.reference, clock.now()
    key.save(update_fields=["confirmed_by_ref", "confirmed_at"])
    record(actor=actor, action="exchange.confirm_key", object_ref=f"exchange-partner:{partner_id}", key=key_id)


@transaction.atomic
def revoke_key(*, actor: Actor, partner_id: int, key_id: str, reason: str) -> None:
    """Trust a key no longer, from this moment on and for good; one administrator is enough. NotFound, KeyRevoked."""
    require_partner_keeper(actor)
    why = check_text("reason", reason, REASON_LENGTH_MAX)
    key = _locked_key(partner_id, key_id)
    if key.revoked_at is not None:
        raise KeyRevoked
    key.revoked_at, key.revoked_by_ref, key.revoked_reason = clock.now(), actor.reference, why
    key.save(update_fields=["revoked_at", "revoked_by_ref", "revoked_reason"])
    record(actor=actor, action="exchange.revoke_key", object_ref=f"exchange-partner:{partner_id}", key=key_id)


def _locked_key(partner_id: int, key_id: str) -> PartnerKey:
    key = locked(partner_id).keys.select_for_update().filter(key_id=key_id).first()
    if key is None:
        raise NotFound
    return key
