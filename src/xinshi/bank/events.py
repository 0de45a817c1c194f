"""What the bank tells higher rooms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PassbookOpened(Event):
    name: ClassVar[str] = "bank.passbook_opened"
    passbook_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited(Event):
    """Hours were put into passbooks: what was deposited in one transaction is told of together, in the order given."""

    name: ClassVar[str] = "bank.deposited"
    deposit_ids: tuple[int, ...]
    passbook_ids: tuple[int, ...]
    """Those that the deposits went into, each once."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Also what was stored when an event told of a single deposit."""
        values: dict[str, Any] = json.loads(text)
        if "deposit_id" in values:
            return cls(deposit_ids=(values["deposit_id"],), passbook_ids=(values["passbook_id"],))
        return cls(deposit_ids=tuple(values["deposit_ids"]), passbook_ids=tuple(values["passbook_ids"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositReversed(Event):
    name: ClassVar[str] = "bank.deposit_reversed"
    deposit_id: int
    passbook_id: int
    person_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassbookStateChanged(Event):
    name: ClassVar[str] = "bank.passbook_state_changed"
    passbook_id: int
    person_id: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleMerged(Event):
    name: ClassVar[str] = "bank.people_merged"
    merge_id: int
    stays_person_id: int
    goes_person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEnforced(Event):
    name: ClassVar[str] = "bank.policy_enforced"
    number: int
