"""AES-256-GCM with a key id, and a keyed blind index for looking encrypted values up."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_ID = b"\x01"
NONCE_BYTES = 12
PREFIX = "v1:"


class VaultError(Exception):
    """A stored value cannot be opened: the key is wrong or the value was altered."""


@lru_cache(maxsize=4)
def _cipher(key_hex: str) -> AESGCM:
    return AESGCM(bytes.fromhex(key_hex))


def encrypt(text: str, *, context: str) -> str:
    """`text` sealed for `context` (`model.field`): it cannot be opened as the value of another field."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(settings.VAULT_KEY).encrypt(nonce, text.encode(), KEY_ID + context.encode())
    return PREFIX + base64.b64encode(KEY_ID + nonce + sealed).decode("ascii")


def decrypt(stored: str, *, context: str) -> str:
    """The text that `encrypt` sealed for the same context; VaultError for anything else."""
    if not stored.startswith(PREFIX):
        raise VaultError(f"{context}: the stored value is not sealed")
    try:
        raw = base64.b64decode(stored.removeprefix(PREFIX), validate=True)
        key_id, nonce, sealed = raw[:1], raw[1 : 1 + NONCE_BYTES], raw[1 + NONCE_BYTES :]
        return _cipher(settings.VAULT_KEY).decrypt(nonce, sealed, key_id + context.encode()).decode()
    except (InvalidTag, ValueError):
        raise VaultError(f"{context}: the stored value does not open with this key") from None


def encrypt_bytes(data: bytes, *, context: str) -> bytes:
    """A file's content sealed for `context`."""
    nonce = os.urandom(NONCE_BYTES)
    return KEY_ID + nonce + _cipher(settings.VAULT_KEY).encrypt(nonce, data, KEY_ID + context.encode())


def decrypt_bytes(stored: bytes, *, context: str) -> bytes:
    """What `encrypt_bytes` sealed for the same context; VaultError for anything else."""
    key_id, nonce, sealed = stored[:1], stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
    try:
        return _cipher(settings.VAULT_KEY).decrypt(nonce, sealed, key_id + context.encode())
    except (InvalidTag, ValueError):
        raise VaultError(f"{context}: the stored file does not open with this key") from None


def blind_index(text: str, *, context: str) -> str:
    """A keyed digest by which equal values find each other without being readable; 32 hex digits."""
    return blind_indexes([text], context=context)[0]


def blind_indexes(texts: Iterable[str], *, context: str) -> list[str]:
    """The blind index of each text."""
    begun = hmac.new(bytes.fromhex(settings.INDEX_KEY), f"{context}\0".encode(), "sha256")
    found = []
    for text in texts:
        one = begun.copy()  # Half of the time that beginning anew with the same key takes.
        one.update(text.encode())
        found.append(one.hexdigest()[:32])
    return found
