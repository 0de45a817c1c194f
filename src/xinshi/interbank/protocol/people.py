"""The token by which two banks call one person (docs/protocol/encoding.md). Names and numbers never travel."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import Final

PAIR_KEY_BYTES: Final = 32
LABEL: Final = "xinshi-person-token-1"


def person_token(pair_key: bytes, *, document_type: str, document_number: str) -> str:
    """64 hex digits; the same for one document at both banks, another one for every other pair of banks."""
    assert len(pair_key) == PAIR_KEY_BYTES, "the pair key has 32 bytes"
    assert len(document_type) == 2, "a document type has two digits"
    number = "".join(sign for sign in unicodedata.normalize("NFKC", document_number).upper() if sign.isalnum())
    text = f"{LABEL}\n{document_type}:{number}"
    return hmac.new(pair_key, text.encode(), hashlib.sha256).hexdigest()
