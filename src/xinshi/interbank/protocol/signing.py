"""Envelopes: a body, and who vouches for it (docs/protocol/encoding.md). Ed25519 over context and canonical bytes."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from xinshi.interbank.protocol.bodies import Answer, Body, Listing, Message
from xinshi.interbank.protocol.canonical import Malformed, canonical

ALGORITHM: Final = "ed25519"
KEY_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")
SIGNATURE_SIGNS: Final = 88
KEY_BYTES: Final = 32
CONTEXT: Final = "xinshi-interbank/1/"
SMALL_ORDER: Final = frozenset(
    bytes.fromhex(point)
    for point in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    )
)
"""Public keys by which a signature can fit many bodies."""


class BadSignature(Exception):
    """The signature does not fit the body."""


def context_of(body: Body) -> str:
    if isinstance(body, Message):
        return f"{CONTEXT}message"
    return f"{CONTEXT}answer" if isinstance(body, Answer | Listing) else f"{CONTEXT}query"


def signed_bytes(body: Body) -> bytes:
    """What the signature is over."""
    return context_of(body).encode("ascii") + b"\n" + canonical(body.body())


def envelope(body: Body, *, key_id: str, private_key: Ed25519PrivateKey) -> dict[str, Any]:
    """The body with its signature, ready to travel."""
    value = base64.b64encode(private_key.sign(signed_bytes(body))).decode("ascii")
    return {"body": body.body(), "signature": {"algorithm": ALGORITHM, "key_id": key_id, "value": value}}


def opened(found: object) -> tuple[object, str, bytes]:
    """(body, key id, signature) of an envelope whose signature is still to be checked; Malformed for anything else."""
    if not isinstance(found, dict) or set(found) != {"body", "signature"}:
        raise Malformed("an envelope has a body and a signature")
    signature = found["signature"]
    if not isinstance(signature, dict) or set(signature) != {"algorithm", "key_id", "value"}:
        raise Malformed("a signature has algorithm, key_id and value")
    algorithm, key_id, value = signature["algorithm"], signature["key_id"], signature["value"]
    if algorithm != ALGORITHM or not isinstance(key_id, str) or not KEY_ID.fullmatch(key_id):
        raise Malformed("the signature is not of a form that is known")
    if not isinstance(value, str) or len(value) != SIGNATURE_SIGNS:
        raise Malformed(f"a signature has {SIGNATURE_SIGNS} signs")
    try:
        return found["body"], key_id, base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("the signature is not in base64") from None


def require_signed(body: Body, signature: bytes, public_key: bytes) -> None:
    """BadSignature where it does not fit; `public_key`: 32 raw bytes, of the envelope's key id."""
    try:
        public_key_from(public_key).verify(signature, signed_bytes(body))
    except InvalidSignature:
        raise BadSignature from None


def public_key_from(raw: bytes) -> Ed25519PublicKey:
    """The key; Malformed where it is none, or of small order."""
    if len(raw) != KEY_BYTES or raw in SMALL_ORDER:
        raise Malformed("this is no public key of Ed25519")
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise Malformed("this is no public key of Ed25519") from None
