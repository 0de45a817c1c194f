"""A seal as its header, and the hashes of rows and headers. Format 1 hashed the rows themselves; format 2 their Merkle root.

Format 2: `root` is over the canonical rows; `history` is the root over every seal before it, so that one fingerprint stands
for the whole book and a receipt stays small however old its line is. A seal of format 1 stands in the history with a root
over its rows that was made later (docs/adr): its line is proven from the first seal of format 2 on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from json.encoder import encode_basestring
from typing import Any, Final

from xinshi.ledger.proof.merkle import leaf_hash, root_of

GENESIS_HASH: Final = "0" * 64
CANONICAL_FIELDS: Final = (
    "id",
    "key",
    "payload_hash",
    "debit_id",
    "credit_id",
    "minutes",
    "kind",
    "worked_on",
    "posted_at",
    "hold_id",
    "reverses_id",
    "group_id",
    "actor_ref",
    "memo",
)
"""What a seal covers of a transfer, in this order."""
ROWS_ONLY: Final = 1
MERKLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A seal without its rows; hashes are 64 hex digits. In format 1 `root` was made later and `history` is empty."""

    format: int
    n: int
    from_id: int
    to_id: int
    rows: int
    prev_hash: str
    root: str
    history: str
    sealed_at: str
    hash: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def computed_hash(self) -> str:
        """The fingerprint that the header must have; a seal of format 1 shows its own only together with its rows."""
        if self.format == ROWS_ONLY:
            return self.hash
        values = [
            "xinshi-seal",
            self.format,
            self.n,
            self.from_id,
            self.to_id,
            self.rows,
            self.prev_hash,
            self.root,
            self.history,
            self.sealed_at,
        ]
        return hashlib.sha256(canonical(values)).hexdigest()

    @property
    def leaf(self) -> bytes:
        """The seal in the history of those after it: everything that its header says."""
        values = ["xinshi-seal-in-history", self.format, self.n, self.hash]
        if self.format == ROWS_ONLY:
            values += [self.from_id, self.to_id, self.rows, self.prev_hash, self.root, self.sealed_at]
        return leaf_hash(canonical(values))


def canonical(value: object) -> bytes:
    """JSON as bytes that are the same everywhere: keys in order, no spaces, text as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def moment_text(moment: datetime) -> str:
    """A moment as headers and rows have it: UTC with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


_WRITTEN: Final[dict[type, Callable[[Any], str]]] = {
    str: encode_basestring,
    int: str,
    type(None): lambda _: "null",
    datetime: lambda moment: f'"{moment_text(moment)}"',
    date: lambda day: f'"{day.isoformat()}"',
}


def canonical_row(row: Sequence[Any]) -> bytes:
    """One stored transfer as bytes, the same on every database: a JSON array in the order of CANONICAL_FIELDS, no spaces.

    Written out by hand, because a book has many rows: days as `2026-03-05`, moments as `moment_text` writes them.
    """
    return f"[{','.join([_WRITTEN[type(value)](value) for value in row])}]".encode()


def row_leaf(row: Sequence[Any]) -> bytes:
    """A stored transfer at the foot of its seal's tree."""
    return leaf_hash(canonical_row(row))


def rows_root(rows: Iterable[bytes]) -> str:
    """The Merkle root over canonical rows."""
    return root_of([leaf_hash(row) for row in rows]).hex()


def rows_only_hash(prev_hash: str, rows: Iterable[bytes]) -> str:
    """Format 1: SHA-256 over the previous seal's hash and the canonical rows, each followed by a line feed."""
    digest = hashlib.sha256(prev_hash.encode("ascii"))
    for row in rows:
        digest.update(row)
        digest.update(b"\n")
    return digest.hexdigest()
