"""Pure, without Django: the figures of a statement, its signed text, and what two statements of one month do not share."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from xinshi.interbank.protocol.canonical import Malformed, canonical, digest, parsed

FORMAT: Final = "xinshi-interbank-statement/1"
CONTEXT: Final = b"xinshi-interbank/1/statement"
FILE_BYTES_MAX: Final = 262_144
MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
KINDS: Final = ("verified", "honorary", "unknown")
FIELDS: Final = frozenset(
    {
        "format",
        "from",
        "to",
        "month",
        "opening_minutes",
        "in_minutes",
        "in_count",
        "out_minutes",
        "out_count",
        "correction_minutes",
        "correction_count",
        "closing_minutes",
        "kinds",
        "seal_n",
        "seal_hash",
        "issued_at",
    }
)
INTEGERS: Final = frozenset(name for name in FIELDS if name.endswith(("_minutes", "_count"))) | {"seal_n"}


@dataclass(frozen=True, slots=True)
class Movement:
    """One booking on the partner's clearing account: `minutes` are positive where they came in."""

    minutes: int
    kind: str
    is_correction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one month. The balance is what the partner owes: what came in less what went out, corrections included."""

    opening_minutes: int
    in_minutes: int
    in_count: int
    out_minutes: int
    out_count: int
    correction_minutes: int
    correction_count: int
    kinds: tuple[tuple[str, int, int, int, int], ...]
    """(kind, minutes in, count in, minutes out, count out), corrections left out."""

    @property
    def closing_minutes(self) -> int:
        return self.opening_minutes + self.in_minutes - self.out_minutes + self.correction_minutes


def figures_of(opening_minutes: int, movements: Iterable[Movement]) -> Figures:
    """Everything added up, each movement once."""
    rows = list(movements)
    plain = [row for row in rows if not row.is_correction]
    corrections = [row for row in rows if row.is_correction]
    came, went = [row for row in plain if row.minutes > 0], [row for row in plain if row.minutes < 0]
    kinds = tuple(
        (
            kind,
            sum(row.minutes for row in came if row.kind == kind),
            sum(row.kind == kind for row in came),
            -sum(row.minutes for row in went if row.kind == kind),
            sum(row.kind == kind for row in went),
        )
        for kind in KINDS
        if any(row.kind == kind for row in plain)
    )
    return Figures(
        opening_minutes=opening_minutes,
        in_minutes=sum(row.minutes for row in came),
        in_count=len(came),
        out_minutes=-sum(row.minutes for row in went),
        out_count=len(went),
        correction_minutes=sum(row.minutes for row in corrections),
        correction_count=len(corrections),
        kinds=kinds,
    )


def body_of(
    figures: Figures, *, sender: str, receiver: str, month: str, seal_n: int, seal_hash: str, issued_at: str
) -> dict[str, Any]:
    """The statement as a canonical object; kinds as objects of their own."""
    names = ("kind", "in_minutes", "in_count", "out_minutes", "out_count")
    return {
        "format": FORMAT,
        "from": sender,
        "to": receiver,
        "month": month,
        "opening_minutes": figures.opening_minutes,
        "in_minutes": figures.in_minutes,
        "in_count": figures.in_count,
        "out_minutes": figures.out_minutes,
        "out_count": figures.out_count,
        "correction_minutes": figures.correction_minutes,
        "correction_count": figures.correction_count,
        "closing_minutes": figures.closing_minutes,
        "kinds": [dict(zip(names, row, strict=True)) for row in figures.kinds],
        "seal_n": seal_n,
        "seal_hash": seal_hash,
        "issued_at": issued_at,
    }


def signed(body: Mapping[str, Any], *, key_id: str, private_key: Ed25519PrivateKey) -> dict[str, Any]:
    """The statement with its detached signature, as the file beside the PDF has it."""
    value = base64.b64encode(private_key.sign(signed_bytes(body))).decode()
    public = base64.b64encode(private_key.public_key().public_bytes_raw()).decode()
    return {
        "statement": dict(body),
        "signature": {"algorithm": "ed25519", "key_id": key_id, "public_key": public, "value": value},
    }


def signed_bytes(body: Mapping[str, Any]) -> bytes:
    return CONTEXT + b"\n" + canonical(dict(body))


def number_of(body: Mapping[str, Any]) -> str:
    """By which people find the statement: the first 80 bits of its digest as 16 signs of base32."""
    return base64.b32encode(bytes.fromhex(digest(dict(body))[:20])).decode()


@dataclass(frozen=True, slots=True)
class Opened:
    """A statement's file that is of the right form; the signature is still to be checked."""

    body: dict[str, Any]
    key_id: str
    public_key: bytes
    value: bytes

    def is_signed_by(self, public_key: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.value, signed_bytes(self.body))
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def adds_up(self) -> bool:
        """The closing balance follows from the other figures, and the kinds make up what came and went."""
        body = self.body
        moved = body["in_minutes"] - body["out_minutes"] + body["correction_minutes"]
        sums = all(
            sum(row[name] for row in body["kinds"]) == body[name]
            for name in ("in_minutes", "in_count", "out_minutes", "out_count")
        )
        return sums and body["opening_minutes"] + moved == body["closing_minutes"]


def opened(data: bytes) -> Opened:
    """The file's statement and signature; Malformed (a sentence) for anything that is none."""
    if len(data) > FILE_BYTES_MAX:
        raise Malformed("the file is too large to be a statement")
    found = parsed(data)
    body, signature = found.get("statement"), found.get("signature")
    if not isinstance(body, dict) or not isinstance(signature, dict):
        raise Malformed("this file has no statement with a signature")
    _check(body)
    try:
        value = base64.b64decode(str(signature.get("value", "")), validate=True)
        public = base64.b64decode(str(signature.get("public_key", "")), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("the signature is not in base64") from None
    if signature.get("algorithm") != "ed25519" or len(value) != 64 or len(public) != 32:
        raise Malformed("the signature is not of a form that is known")
    return Opened(body, str(signature.get("key_id", "")), public, value)


def _check(body: dict[str, Any]) -> None:
    if body.get("format") != FORMAT or set(body) != FIELDS:
        raise Malformed("this is no statement between banks, version 1")
    if not all(type(body[name]) is int for name in INTEGERS) or not MONTH.fullmatch(str(body["month"])):
        raise Malformed("a figure of the statement is not a whole number")
    names = {"kind", "in_minutes", "in_count", "out_minutes", "out_count"}
    for row in body["kinds"] if isinstance(body["kinds"], list) else [None]:
        if not isinstance(row, dict) or set(row) != names:
            raise Malformed("a line of the statement has other columns")
        if not all(type(row[name]) is int for name in names - {"kind"}):
            raise Malformed("a figure of the statement is not a whole number")


def mirror_differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """(field of ours, our figure, theirs as we would write it) where two statements of one month do not say the same.

    What came in here went out there, and what one is owed the other owes.
    """
    pairs = [
        ("opening_minutes", -theirs["opening_minutes"]),
        ("in_minutes", theirs["out_minutes"]),
        ("in_count", theirs["out_count"]),
        ("out_minutes", theirs["in_minutes"]),
        ("out_count", theirs["in_count"]),
        ("correction_minutes", -theirs["correction_minutes"]),
        ("closing_minutes", -theirs["closing_minutes"]),
    ]
    return [(name, ours[name], figure) for name, figure in pairs if ours[name] != figure]


def file_bytes(document: Mapping[str, Any]) -> bytes:
    """The file as it is downloaded: readable, and the same bytes each time."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
