"""The number of a statement 对账单: a fingerprint of every figure on it, so that the paper proves itself. Plain rules."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

FORMAT: Final = "xinshi-statement-1"
SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32 signs: none that is taken for another when it is read out or typed from paper."""
NUMBER_LENGTH: Final = 16
BITS: Final = NUMBER_LENGTH * 5

Line = tuple[int, int, int, int, str]
"""(seq, transfer id, minutes in or out, balance after, day of service as YYYY-MM-DD)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that a statement's digest is over; `nonce` keeps numbers from being guessed."""

    passbook_number: str
    year: int | None
    kind: str
    category: str
    available_minutes: int
    held_minutes: int
    certified_minutes: int
    lines: tuple[Line, ...]
    seal_n: int
    seal_hash: str
    issued_at: str
    nonce: str

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, 64 hex digits."""
        said = [
            FORMAT,
            self.nonce,
            self.passbook_number,
            [self.year, self.kind, self.category],
            [self.available_minutes, self.held_minutes, self.certified_minutes],
            [self.seal_n, self.seal_hash, self.issued_at],
            self.lines,
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

    @property
    def in_minutes(self) -> int:
        return sum(line[2] for line in self.lines if line[2] > 0)

    @property
    def out_minutes(self) -> int:
        return -sum(line[2] for line in self.lines if line[2] < 0)


def number_of(digest: str) -> str:
    """The first 80 bits of a digest in signs that can be typed."""
    value = int(digest, 16) >> (256 - BITS)
    return "".join(SIGNS[value >> shift & 31] for shift in range(BITS - 5, -1, -5))


def typed_number(text: str) -> str:
    """What somebody typed or scanned as a statement's number; empty where it cannot be one."""
    plain = "".join(sign for sign in text.upper() if sign.isalnum()).translate(str.maketrans("OIL", "011"))
    return plain if len(plain) == NUMBER_LENGTH and set(plain) <= set(SIGNS) else ""


def grouped(number: str) -> str:
    """As printed: `8K2M-…`."""
    return "-".join(number[start : start + 4] for start in range(0, len(number), 4))
