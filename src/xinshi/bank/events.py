"""What the bank tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PassbookOpened(Event):
    name: ClassVar[str] = "bank.passbook_opened"
    passbook_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited(Event):
    name: ClassVar[str] = "bank.deposited"
    deposit_id: int
    passbook_id: int
    person_id: int
    minutes: int
    kind: str


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
