"""Where this room keeps its evidence."""

from __future__ import annotations

from typing import Final

from xinshi.documents.storing import SealedStore

EVIDENCE: Final = SealedStore(folder="evidence", context="correction_evidence.content")
