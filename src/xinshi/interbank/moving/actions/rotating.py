"""A new key of the bank for the exchange: made now, given to partners, signed by from a later day on."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.interbank.moving import keys
from xinshi.interbank.moving.access import require_partner_keeper
from xinshi.interbank.moving.models import OwnKey
from xinshi.interbank.protocol.signing import KEY_ID
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

DAYS_MAX = 366


class OwnKeyKnown(DomainError):
    code = "own_key_known"
    message = gettext_noop("This bank had a key of this name already. Choose another name.")


@transaction.atomic
def rotate_key(*, actor: Actor, key_id: str, signs_in_days: int) -> str:
    """Make a key pair that signs in so many days; returns the public half, to be given to every partner before then."""
    require_partner_keeper(actor)
    if not KEY_ID.fullmatch(key_id):
        reason = gettext_noop("A key's name has small letters, digits, dots and hyphens, at most 32, such as 2026-11.")
        raise Invalid(field="key_id", reason=reason)
    if not 0 <= signs_in_days <= DAYS_MAX:
        raise Invalid(field="signs_in_days", reason=gettext_noop("Between today and a year from now."))
    if OwnKey.objects.filter(key_id=key_id).exists():
        raise OwnKeyKnown
    made = keys.new_key(key_id, by_ref=actor.reference, signs_in_days=signs_in_days)
    record(actor=actor, action="interbank.rotate_key", object_ref=f"own-key:{made.pk}", key=key_id)
    return made.public_key
