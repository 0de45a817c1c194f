"""Pure rules of the book: what a transfer is, how its payload and its canonical row are hashed, what is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.kernel.minutes import hours_figure

MINUTES_MAX: Final = 2**53
KEY_LENGTH_MAX: Final = 120
KIND: Final = re.compile(r"[a-z][a-z_]{0,31}")
GENESIS_HASH: Final = "0" * 64


class AccountKind(StrEnum):
    """Bounded accounts have a balance row and a floor; system accounts have neither, so nobody waits for them."""

    PERSON = "person"
    GROUP = "group"
    POOL = "pool"
    ISSUANCE = "issuance"
    REDEMPTION = "redemption"
    EXPIRY = "expiry"
    CORRECTION = "correction"
    CLEARING = "clearing"

    @property
    def is_bounded(self) -> bool:
        return self in BOUNDED_KINDS


BOUNDED_KINDS: Final = frozenset({AccountKind.PERSON, AccountKind.GROUP, AccountKind.POOL})


class InsufficientMinutes(DomainError):
    code = "insufficient_minutes"
    message = gettext_noop("The balance of %(available_hours)s hours is not enough: %(needed_hours)s hours are needed.")


class KeyReused(DomainError):
    code = "ledger_key_reused"
    message = gettext_noop("This booking was made before with other figures (%(key)s). Nothing was booked now.")


class HoldNotOpen(DomainError):
    code = "hold_not_open"
    message = gettext_noop("These reserved minutes were already used or given back.")


class AccountClosed(DomainError):
    code = "ledger_account_closed"
    message = gettext_noop("The account is closed; nothing can be booked on it.")


class AccountNotEmpty(DomainError):
    code = "ledger_account_not_empty"
    message = gettext_noop("The account still holds minutes; they must be booked away before it is closed.")


class AccountUnknown(DomainError):
    code = "ledger_account_unknown"
    message = gettext_noop("There is no such account.")
    status = 404


class TransferUnknown(DomainError):
    code = "ledger_transfer_unknown"
    message = gettext_noop("There is no such booking.")
    status = 404


class AlreadyReversed(DomainError):
    code = "already_reversed"
    message = gettext_noop("This booking was already reversed; a reversal itself cannot be reversed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """Minutes that move from `debit_id` to `credit_id`. `key` makes it exactly-once; `kind` is a code of the room above."""

    key: str
    debit_id: int
    credit_id: int
    minutes: int
    kind: str
    worked_on: date
    memo: str = ""
    group_id: str = ""
    reverses_id: int | None = None

    def __post_init__(self) -> None:
        assert 0 < len(self.key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
        assert 0 < self.minutes <= MINUTES_MAX, "a transfer moves whole minutes, at least one"
        assert self.debit_id != self.credit_id, "a transfer joins two accounts"
        assert KIND.fullmatch(self.kind), "a kind is a short code"
        assert len(self.memo) <= 200, "a memo has at most 200 signs"
        assert len(self.group_id) <= 64, "a group id has at most 64 signs"


@dataclass(frozen=True, slots=True)
class PostedTransfer:
    """A transfer that stands in the book; `is_new` is False where its key had been posted before."""

    id: int
    key: str
    is_new: bool
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class HeldMinutes:
    """Minutes set aside on an account until `expires_at`."""

    id: int
    key: str
    account_id: int
    minutes: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class StoredTransfer:
    """What a key is found to have posted before."""

    id: int
    key: str
    payload_hash: str
    posted_at: datetime


def payload_hash(transfer: NewTransfer) -> str:
    """What a key is bound to: everything that the transfer means, not its free text; 32 hex digits."""
    payload = (
        transfer.debit_id,
        transfer.credit_id,
        transfer.minutes,
        transfer.kind,
        transfer.worked_on.isoformat(),
        transfer.group_id,
        transfer.reverses_id,
    )
    return hashlib.sha256(json.dumps(payload, separators=(",", ":")).encode()).hexdigest()[:32]


def hold_payload_hash(*, account_id: int, to_id: int, minutes: int, kind: str) -> str:
    """What a hold's key is bound to."""
    return hashlib.sha256(json.dumps([account_id, to_id, minutes, kind]).encode()).hexdigest()[:32]


def unique_transfers(transfers: Sequence[NewTransfer]) -> dict[str, tuple[NewTransfer, str]]:
    """The batch's transfers by key with their payload hashes; KeyReused where one key carries two payloads."""
    unique: dict[str, tuple[NewTransfer, str]] = {}
    for transfer in transfers:
        digest = payload_hash(transfer)
        known = unique.setdefault(transfer.key, (transfer, digest))
        if known[1] != digest:
            raise KeyReused(key=transfer.key)
    return unique


@dataclass(slots=True)
class RunningBalance:
    """One bounded account while a batch is worked through, step by step."""

    account_id: int
    posted: int
    held: int
    floor: int
    seq: int

    @property
    def available(self) -> int:
        return self.posted - self.held - self.floor

    def apply(self, amount: int) -> tuple[int, int]:
        """Book `amount` (negative: out); returns (seq, balance_after). InsufficientMinutes where a limit would break."""
        if amount < 0 and self.available + amount < 0:
            raise insufficient(available=self.available, needed=-amount)
        self.posted += amount
        self.seq += 1
        return self.seq, self.posted


def insufficient(*, available: int, needed: int) -> InsufficientMinutes:
    return InsufficientMinutes(available_hours=hours_figure(max(0, available)), needed_hours=hours_figure(needed))


def canonical_row(row: Sequence[object]) -> bytes:
    """One transfer as bytes, the same on every database: JSON array of text, numbers and null, no spaces.

    Order: id, key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at (UTC, microseconds), hold_id,
    reverses_id, group_id, actor_ref, memo.
    """
    return json.dumps(list(row), ensure_ascii=False, separators=(",", ":")).encode()


def seal_hash(prev_hash: str, rows: Sequence[bytes]) -> str:
    """SHA-256 over the previous seal's hash and the canonical rows, each followed by a line feed."""
    digest = hashlib.sha256(prev_hash.encode("ascii"))
    for row in rows:
        digest.update(row)
        digest.update(b"\n")
    return digest.hexdigest()
