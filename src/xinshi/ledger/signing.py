"""The bank's own key pair: made once, the private half under the vault's seal, the public half for everybody."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction

from xinshi.kernel import clock
from xinshi.ledger.models import SigningKey

NUMBER: Final = 1


def ensure_signing_key() -> None:
    """Make the bank's key pair where there is none; of two who try at once, one makes it."""
    if SigningKey.objects.exists():
        return
    pair = Ed25519PrivateKey.generate()
    made = SigningKey(
        number=NUMBER,
        public_key=pair.public_key().public_bytes_raw().hex(),
        private_key=pair.private_bytes_raw().hex(),
        made_at=clock.now(),
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return


def signing_key() -> SigningKey | None:
    """The key that receipts are signed by; None before the first seal."""
    return SigningKey.objects.order_by("-number").first()


def private_key_of(key: SigningKey) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private_key))


def published_keys() -> list[SigningKey]:
    """Every key that this bank ever signed by, the present one first."""
    return list(SigningKey.objects.order_by("-number"))
