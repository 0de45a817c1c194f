"""Pure rules of the book: what a transfer is, how its payload is hashed, what is refused. Seals and proofs: `proof`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.kernel.minutes import hours_figure

MINUTES_MAX: Final = 2**53
KEY_LENGTH_MAX: Final = 120
KIND: Final = re.compile(r"[a-z][a-z_]{0,31}")


class AccountKind(StrEnum):
    """Bounded accounts have a balance row and a floor; system accounts have neither, so nobody waits for them."""

    PERSON = "person"
    GROUP = "group"
    POOL = "pool"
    DONATION = "donation"
    """A person's minutes that can only be donated: what went beyond the most that one may hold."""
    ISSUANCE = "issuance"
    REDEMPTION = "redemption"
    EXPIRY = "expiry"
    CORRECTION = "correction"
    CLEARING = "clearing"

    @property
    def is_bounded(self) -> bool:
        return self in BOUNDED_KINDS


BOUNDED_KINDS: Final = frozenset({AccountKind.PERSON, AccountKind.GROUP, AccountKind.POOL, AccountKind.DONATION})


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


class NotProvenYet(DomainError):
    code = "line_not_sealed_yet"
    message = gettext_noop("This line waits for the next seal of the book, usually less than a minute. Come back then.")


class VerificationRunning(DomainError):
    code = "verification_running"
    message = gettext_noop("The book is being verified right now. Look at the result in a few minutes.")


class AlreadyReversed(DomainError):
    code = "already_reversed"
    message = gettext_noop("This booking was already reversed; a reversal itself cannot be reversed.")


@lru_cache(maxsize=256)
def _is_kind(kind: str) -> bool:
    """There are few kinds and many transfers."""
    return KIND.fullmatch(kind) is not None


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
        assert _is_kind(self.kind), "a kind is a short code"
        assert len(self.memo) <= 200, "a memo has at most 200 signs"
        assert len(self.group_id) <= 64, "a group id has at most 64 signs"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """Minutes to be set aside on `account_id` for a later capture to `to_id`; `key` makes it exactly-once."""

    key: str
    account_id: int
    to_id: int
    minutes: int
    kind: str
    expires_at: datetime
    memo: str = ""

    def __post_init__(self) -> None:
        assert 0 < len(self.key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
        assert 0 < self.minutes <= MINUTES_MAX, "a hold sets whole minutes aside, at least one"
        assert KIND.fullmatch(self.kind), "a kind is a short code"


@dataclass(frozen=True, slots=True)
class PostedTransfer:
    """A transfer that stands in the book; `is_new` is False where its key had been posted before."""

    id: int
    key: str
    is_new: bool
    posted_at: datetime


class HistoryLine(NamedTuple):
    """One line of an account, with what its transfer says of where the minutes come from."""

    seq: int
    transfer_id: int
    key: str
    kind: str
    amount: int
    worked_on: date
    reverses_id: int | None


@dataclass(frozen=True, slots=True)
class HeldMinutes:
    """Minutes set aside on an account until `expires_at`."""

    id: int
    key: str
    account_id: int
    minutes: int
    is_new: bool


def payload_hash(transfer: NewTransfer) -> str:
    """What a key is bound to: everything that the transfer means, not its free text; 32 hex digits."""
    # The JSON array of these values without spaces, put together by hand because every booking waits for it.
    group_id = json.dumps(transfer.group_id) if transfer.group_id else '""'
    reverses_id = "null" if transfer.reverses_id is None else transfer.reverses_id
    payload = (
        f'[{transfer.debit_id},{transfer.credit_id},{transfer.minutes},"{transfer.kind}",'
        f'"{transfer.worked_on.isoformat()}",{group_id},{reverses_id}]'
    )
    return hashlib.sha256(payload.encode()).hexdigest()[:32]


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
