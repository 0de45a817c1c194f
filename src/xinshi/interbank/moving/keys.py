"""The bank's own keys for the exchange: apart from the one of seals and receipts, so that each can be changed alone."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from xinshi.interbank.moving.models import OwnKey, OwnKeyNotice
from xinshi.interbank.protocol.bodies import Body
from xinshi.interbank.protocol.signing import envelope
from xinshi.kernel import clock

FIRST_KEY = "1"
HOUSE = "system:interbank"


def own_code() -> str:
    """By which partners call this bank."""
    return settings.BANK_CODE


def signing_key(partner_code: str = "") -> OwnKey:
    """The key that signs now, to this partner; made at its first use. Of two who try at once, one makes it.

    The newest one that has begun and was confirmed. Where it is written down which keys the partner was told of, the newest
    of those: a key that it does not have yet would only make it refuse everything.
    """
    told = OwnKeyNotice.objects.filter(own_key=OuterRef("pk"), partner__code=partner_code)
    begun = OwnKey.objects.filter(signs_from__lte=clock.now(), confirmed_at__isnull=False)
    found = begun.annotate(is_told=Exists(told)).order_by("-is_told", "-signs_from", "-pk").first()
    return found or _first_key()


def _first_key() -> OwnKey:
    try:
        with transaction.atomic():
            return new_key(FIRST_KEY, by_ref=HOUSE, is_confirmed=True)
    except IntegrityError:
        return OwnKey.objects.get(key_id=FIRST_KEY)


def new_key(key_id: str, *, by_ref: str, signs_in_days: int = 0, is_confirmed: bool = False) -> OwnKey:
    """Make and keep a key pair that signs from then on, once it is confirmed; IntegrityError where the id is taken."""
    pair, at = Ed25519PrivateKey.generate(), clock.now()
    return OwnKey.objects.create(
        key_id=key_id,
        public_key=base64.b64encode(pair.public_key().public_bytes_raw()).decode("ascii"),
        private_key=pair.private_bytes_raw().hex(),
        made_at=at,
        signs_from=at + timedelta(days=signs_in_days),
        made_by_ref=by_ref,
        confirmed_at=at if is_confirmed else None,
        confirmed_by_ref=by_ref if is_confirmed else "",
    )


def signed(body: Body) -> dict[str, Any]:
    """The body in an envelope signed by this bank."""
    return signer(body.receiver)(body)


def signer(partner_code: str) -> Callable[[Body], dict[str, Any]]:
    """`signed` for several bodies to one partner: the key is looked up and unsealed once."""
    key = signing_key(partner_code)
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private_key))
    return lambda body: envelope(body, key_id=key.key_id, private_key=private)
