"""What benefits tell whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherReserved(Event):
    name: ClassVar[str] = "benefits.reserved"
    voucher_id: int
    benefit_id: int
    person_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherFulfilled(Event):
    name: ClassVar[str] = "benefits.fulfilled"
    voucher_id: int
    benefit_id: int
    person_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherCancelled(Event):
    name: ClassVar[str] = "benefits.cancelled"
    voucher_id: int
    benefit_id: int
    person_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherExpired(Event):
    name: ClassVar[str] = "benefits.expired"
    voucher_id: int
    benefit_id: int
    person_id: int
    minutes: int
