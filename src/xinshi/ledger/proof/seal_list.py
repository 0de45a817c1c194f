"""The list of seals as a file (JSON or CSV), and whether it is whole: an anchor that was kept outside the bank."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Final

from xinshi.ledger.proof.merkle import Growing
from xinshi.ledger.proof.receipts import ReceiptBroken, header_from_json
from xinshi.ledger.proof.seals import GENESIS_HASH, MERKLE, ROWS_ONLY, Header

FORMAT: Final = "xinshi-seals-1"
COLUMNS: Final = tuple(field.name for field in fields(Header))
NUMBERS: Final = ("format", "n", "from_id", "to_id", "rows")
SEALS_BYTES_MAX: Final = 512 * 1024 * 1024


class NotASealList(ValueError):
    """These bytes are no list of seals."""


@dataclass(frozen=True, slots=True)
class SealList:
    """Seals in rising order without a gap; the first need not be seal 1."""

    seals: Sequence[Header]

    def at(self, n: int) -> Header | None:
        """The seal with this number; None where the list does not reach so far."""
        place = n - self.seals[0].n if self.seals else -1
        return self.seals[place] if 0 <= place < len(self.seals) else None

    @property
    def is_whole(self) -> bool:
        """True where each seal follows the one before it, has the fingerprint of its header, and (from 1 on) its history."""
        history: Growing | None = Growing() if self.seals and self.seals[0].n == 1 else None
        before: Header | None = None
        for seal in self.seals:
            if not _follows(seal, before) or seal.computed_hash != seal.hash:
                return False
            if history and seal.format == MERKLE and history.root().hex() != seal.history:
                return False
            if history and seal.format == ROWS_ONLY and not seal.root:
                history = None
            if history:
                history.add(seal.leaf)
            before = seal
        return True


def _follows(seal: Header, before: Header | None) -> bool:
    if before is None:
        return seal.n > 1 or seal.prev_hash == GENESIS_HASH
    return seal.n == before.n + 1 and seal.prev_hash == before.hash and seal.from_id > before.to_id


def read_seals(data: bytes) -> SealList:
    """The list that these bytes are, JSON or CSV by what they begin with; NotASealList for anything else."""
    if len(data) > SEALS_BYTES_MAX:
        raise NotASealList("too large")
    try:
        text = data.decode("utf-8-sig")
        rows = _from_json(text) if text.lstrip().startswith("{") else _from_csv(text)
        seals = [header_from_json(row, "seal") for row in rows]
    except (UnicodeDecodeError, ReceiptBroken, ValueError, KeyError, TypeError, csv.Error, RecursionError):
        raise NotASealList("not a list of seals") from None
    if any(after.n != before.n + 1 for before, after in pairwise(seals)):
        raise NotASealList("not in order")
    return SealList(seals)


def _from_json(text: str) -> list[Any]:
    value = json.loads(text)
    if value["format"] != FORMAT or not isinstance(value["seals"], list):
        raise NotASealList("not a list of seals")
    rows: list[Any] = value["seals"]
    return rows


def _from_csv(text: str) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise NotASealList("not a list of seals")
    for row in reader:
        yield row | {name: int(row[name]) for name in NUMBERS}


def as_json(seals: Iterable[Header], *, bank: dict[str, str], exported_at: str) -> bytes:
    content = {"format": FORMAT, "bank": bank, "exported_at": exported_at, "seals": [seal.as_json() for seal in seals]}
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def as_csv(seals: Iterable[Header]) -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(seal.as_json() for seal in seals)
    return written.getvalue().encode()
