"""Where this room keeps the proofs of qualifications."""

from __future__ import annotations

from typing import Final

from xinshi.documents.storing import SealedStore

PROOFS: Final = SealedStore(folder="proofs", context="qualification_proof.content")
