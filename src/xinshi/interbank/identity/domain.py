"""Pure rules of pairwise tokens: what is hashed, under which key, and how two people compare a key by telephone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.people.domain import is_resident_id

KEY_BYTES: Final = 32
SECRET_LENGTH: Final = 52
CHECK_LENGTH: Final = 6
TOKEN_LENGTH: Final = 64
TOKEN_LABEL: Final = b"xinshi-person-token-1"
CHECK_LABEL: Final = b"xinshi-shared-key-check-1"
RESIDENT_CARD: Final = "01"
OTHER_DOCUMENT: Final = "99"
MISTAKEN: Final = str.maketrans("018", "OIB")
"""Base32 has neither 0, 1 nor 8: whoever reads one means the letter that looks like it."""


class SharedKeyNotReadable(DomainError):
    code = "shared_key_not_readable"
    message = gettext_noop("This is not a whole key. It has 52 letters and digits; copy all of them.")


class CheckCodeDiffers(DomainError):
    code = "check_code_differs"
    message = gettext_noop(
        "The check code does not belong to this key. Compare both with your partner and type them again."
    )


def new_secret() -> str:
    """32 random bytes as 52 signs of base32 (RFC 4648, without padding)."""
    return base64.b32encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")


def typed_secret(text: str) -> str:
    """What a person typed as a key, without spaces and dashes; SharedKeyNotReadable for anything else."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum()).translate(MISTAKEN)
    if len(plain) != SECRET_LENGTH:
        raise SharedKeyNotReadable
    try:
        raw = base64.b32decode(plain + "====")
    except ValueError:
        raise SharedKeyNotReadable from None
    return base64.b32encode(raw).decode().rstrip("=")


def check_code(secret: str) -> str:
    """Six signs by which both sides see that they hold the same key; they tell nothing about it."""
    return base64.b32encode(hmac.digest(_raw(secret), CHECK_LABEL, hashlib.sha256)).decode()[:CHECK_LENGTH]


def grouped_secret(secret: str) -> str:
    """In groups of four, for reading aloud and copying."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def document_text(kind: str, number: str) -> str:
    """`KIND:NUMBER` of an identity document, the same however it was written; empty for no number.

    NFKC, capitals, letters and digits alone. A number with a right check sign of GB 11643 is a resident card (`01`)
    whatever the record says; otherwise the ministry's code of the document, `99` where none is known.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", number).upper() if sign.isalnum())
    if not plain:
        return ""
    return f"{RESIDENT_CARD if is_resident_id(plain) else kind or OTHER_DOCUMENT}:{plain}"


def token(secret: str, document: str) -> str:
    """The pairwise token: HMAC-SHA-256 over the label, a line feed and the document; 64 small hex digits."""
    assert document, "who has no document has no token"
    return hmac.new(_raw(secret), TOKEN_LABEL + b"\n" + document.encode(), hashlib.sha256).hexdigest()


def is_token(text: str) -> bool:
    return len(text) == TOKEN_LENGTH and set(text) <= set("0123456789abcdef")


def _raw(secret: str) -> bytes:
    return base64.b32decode(secret + "====")
