"""A receipt 收据: one line of the book, the way from it to the newest seal at issue, the bank's signature over it all.

No name of a person is in it: accounts are numbers, who acted is a reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from xinshi.ledger.proof.merkle import PATH_LENGTH_MAX
from xinshi.ledger.proof.seals import CANONICAL_FIELDS, MERKLE, ROWS_ONLY, Header, canonical

FORMAT: Final = "xinshi-receipt-1"
RECEIPT_BYTES_MAX: Final = 64 * 1024
TEXT_LENGTH_MAX: Final = 400
INTEGER_MAX: Final = 2**63 - 1
HASH: Final = re.compile(r"[0-9a-f]{64}")
SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
NUMBERS: Final = frozenset({"id", "debit_id", "credit_id", "minutes"})
NUMBERS_OR_NOTHING: Final = frozenset({"hold_id", "reverses_id"})


class NotAReceipt(ValueError):
    """These bytes are no receipt of this program at all."""


class ReceiptBroken(ValueError):
    """A receipt in which something is missing, too much, or of the wrong sort; `where` names the first such place."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Who issues; `public_key` is Ed25519, 64 hex digits."""

    name_zh: str
    name_en: str
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`row` is the line in the order of CANONICAL_FIELDS, the `index`-th of `seal`; `path` leads from it to the seal's root.

    `head_path` leads from the seal to the history of `head`, the newest seal at issue; empty where it is the same one.
    """

    bank: Bank
    issued_at: str
    row: tuple[Any, ...]
    index: int
    path: tuple[str, ...]
    seal: Header
    head: Header
    head_path: tuple[str, ...]
    signature: str = ""

    @property
    def line(self) -> dict[str, Any]:
        """The row's values by their names."""
        return dict(zip(CANONICAL_FIELDS, self.row, strict=True))

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "bank": {"name_zh": self.bank.name_zh, "name_en": self.bank.name_en, "public_key": self.bank.public_key},
            "issued_at": self.issued_at,
            "row": list(self.row),
            "index": self.index,
            "path": list(self.path),
            "seal": self.seal.as_json(),
            "head": self.head.as_json(),
            "head_path": list(self.head_path),
            "signature": self.signature,
        }

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over: everything but itself."""
        return canonical({name: value for name, value in self.as_json().items() if name != "signature"})

    def signed_by(self, private_key: Ed25519PrivateKey) -> Receipt:
        return replace(self, signature=private_key.sign(self.signed_bytes).hex())

    @property
    def is_signed(self) -> bool:
        """True where the signature fits the public key that the receipt itself names."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.bank.public_key))
            key.verify(bytes.fromhex(self.signature), self.signed_bytes)
        except (InvalidSignature, ValueError):
            return False
        return True


def read_receipt(data: bytes) -> Receipt:
    """The receipt that these bytes are; NotAReceipt or ReceiptBroken. Nothing may be missing, too much, or twice."""
    if len(data) > RECEIPT_BYTES_MAX:
        raise NotAReceipt("too large")
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object, parse_float=_no, parse_constant=_no)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise NotAReceipt("not JSON") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise NotAReceipt("not a receipt")
    _only(value, "receipt", ("format", *(field.name for field in fields(Receipt))))
    return Receipt(
        bank=_bank(value["bank"]),
        issued_at=_fits(value["issued_at"], MOMENT, "issued_at"),
        row=_row(value["row"]),
        index=_number(value["index"], "index"),
        path=_path(value["path"], "path"),
        seal=header_from_json(value["seal"], "seal"),
        head=header_from_json(value["head"], "head"),
        head_path=_path(value["head_path"], "head_path"),
        signature=_fits(value["signature"], SIGNATURE, "signature"),
    )


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no(text: str) -> Any:
    raise ValueError(f"receipts have whole numbers only, not {text}")


def _only(value: Any, where: str, names: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise ReceiptBroken(where)
    return value


def _text(value: Any, where: str) -> str:
    if (
        not isinstance(value, str)
        or len(value) > TEXT_LENGTH_MAX
        or any(0xD800 <= ord(sign) <= 0xDFFF for sign in value)
    ):
        raise ReceiptBroken(where)
    return value


def _fits(value: Any, pattern: re.Pattern[str], where: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ReceiptBroken(where)
    return value


def _number(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= INTEGER_MAX:
        raise ReceiptBroken(where)
    return value


def _path(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > PATH_LENGTH_MAX:
        raise ReceiptBroken(where)
    return tuple(_fits(part, HASH, where) for part in value)


def _bank(value: Any) -> Bank:
    known = _only(value, "bank", ("name_zh", "name_en", "public_key"))
    return Bank(
        name_zh=_text(known["name_zh"], "bank.name_zh"),
        name_en=_text(known["name_en"], "bank.name_en"),
        public_key=_fits(known["public_key"], HASH, "bank.public_key"),
    )


def _row(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) != len(CANONICAL_FIELDS):
        raise ReceiptBroken("row")
    return tuple(_cell(name, cell) for name, cell in zip(CANONICAL_FIELDS, value, strict=True))


def _cell(name: str, value: Any) -> Any:
    if name in NUMBERS:
        return _number(value, f"row.{name}")
    if name in NUMBERS_OR_NOTHING:
        return None if value is None else _number(value, f"row.{name}")
    return _text(value, f"row.{name}")


def header_from_json(value: Any, where: str) -> Header:
    """A header as read from JSON or CSV; ReceiptBroken where it has not the form of one."""
    known = _only(value, where, [field.name for field in fields(Header)])
    form = _number(known["format"], f"{where}.format")
    if form not in (ROWS_ONLY, MERKLE):
        raise ReceiptBroken(f"{where}.format")
    is_old = form == ROWS_ONLY
    return Header(
        format=form,
        **{name: _number(known[name], f"{where}.{name}") for name in ("n", "from_id", "to_id", "rows")},
        prev_hash=_fits(known["prev_hash"], HASH, f"{where}.prev_hash"),
        root=_root(known["root"], may_be_empty=is_old, where=f"{where}.root"),
        history=_root(known["history"], may_be_empty=is_old, where=f"{where}.history"),
        sealed_at=_fits(known["sealed_at"], MOMENT, f"{where}.sealed_at"),
        hash=_fits(known["hash"], HASH, f"{where}.hash"),
    )


def _root(value: Any, *, may_be_empty: bool, where: str) -> str:
    return "" if may_be_empty and value == "" else _fits(value, HASH, where)
