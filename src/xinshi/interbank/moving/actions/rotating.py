"""A new key of the bank for the exchange: made by one administrator, confirmed by another, given to partners, then used."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.domain import InForceAlready, OwnContract
from xinshi.interbank.moving import keys
from xinshi.interbank.moving.access import require_partner_keeper
from xinshi.interbank.moving.models import OwnKey, OwnKeyNotice
from xinshi.interbank.protocol.signing import KEY_ID
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop

DAYS_MAX = 366
PARTNERS_MAX = 1_000


class OwnKeyKnown(DomainError):
    code = "own_key_known"
    message = gettext_noop("This bank had a key of this name already. Choose another name.")


class OwnKeyWaits(DomainError):
    code = "own_key_waits"
    message = gettext_noop("Nobody has confirmed this key yet. Another administrator does that first.")


@transaction.atomic
def rotate_key(*, actor: Actor, key_id: str, signs_in_days: int) -> str:
    """Make a key pair that signs in so many days, once somebody else confirms it; returns the public half. OwnKeyKnown."""
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


@transaction.atomic
def confirm_own_key(*, actor: Actor, own_key_id: int) -> None:
    """Let a key sign from its moment on, and not before now; by another administrator than the one who made it.

    Every partner that was told of no key is taken to know the one that signs until now, and is told of this one next.
    NotFound, InForceAlready, OwnContract.
    """
    require_partner_keeper(actor)
    key = _locked(own_key_id)
    if key.confirmed_at is not None:
        raise InForceAlready
    if key.made_by_ref == actor.reference and not actor.is_system:
        raise OwnContract
    _note_what_is_known(actor)
    key.confirmed_at, key.confirmed_by_ref = clock.now(), actor.reference
    key.signs_from = max(key.signs_from, key.confirmed_at)
    key.save(update_fields=["confirmed_at", "confirmed_by_ref", "signs_from"])
    record(actor=actor, action="interbank.confirm_own_key", object_ref=f"own-key:{key.pk}", key=key.key_id)


@transaction.atomic
def discard_own_key(*, actor: Actor, own_key_id: int) -> None:
    """Throw away a key that nobody has confirmed, such as one with a wrong day. NotFound, InForceAlready."""
    require_partner_keeper(actor)
    key = _locked(own_key_id)
    if key.confirmed_at is not None:
        raise InForceAlready
    key.delete()
    record(actor=actor, action="interbank.discard_own_key", object_ref=f"own-key:{own_key_id}", key=key.key_id)


@transaction.atomic
def note_partner_told(*, actor: Actor, own_key_id: int, partner_id: int) -> None:
    """Write down that a partner has this key: from its moment on, it signs what goes there. NotFound, OwnKeyWaits."""
    require_partner_keeper(actor)
    key = _locked(own_key_id)
    partner = Partner.objects.filter(pk=partner_id, kind=Partner.Kind.BANK).first()
    if partner is None:
        raise NotFound
    if key.confirmed_at is None:
        raise OwnKeyWaits
    _, is_new = OwnKeyNotice.objects.get_or_create(
        own_key=key, partner=partner, defaults={"told_at": clock.now(), "told_by_ref": actor.reference}
    )
    if is_new:
        record(
            actor=actor,
            action="interbank.note_partner_told",
            object_ref=f"own-key:{key.pk}",
            key=key.key_id,
            partner=partner.code,
        )


def _note_what_is_known(actor: Actor) -> None:
    at = clock.now()
    told = OwnKeyNotice.objects.values("partner_id")
    others = Partner.objects.filter(kind=Partner.Kind.BANK).exclude(pk__in=told).order_by("pk")[:PARTNERS_MAX]
    OwnKeyNotice.objects.bulk_create(
        OwnKeyNotice(own_key=keys.signing_key(one.code), partner=one, told_at=at, told_by_ref=actor.reference)
        for one in others
    )


def _locked(own_key_id: int) -> OwnKey:
    key = OwnKey.objects.select_for_update().filter(pk=own_key_id).first()
    if key is None:
        raise NotFound
    return key
