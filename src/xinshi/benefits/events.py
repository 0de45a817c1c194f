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


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherMissed(Event):
    """`kept_minutes` were booked although nobody came; 0 where they went back."""

    name: ClassVar[str] = "benefits.missed"
    voucher_id: int
    benefit_id: int
    person_id: int
    kept_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherExcused(Event):
    name: ClassVar[str] = "benefits.excused"
    voucher_id: int
    benefit_id: int
    person_id: int
    returned_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherRefunded(Event):
    name: ClassVar[str] = "benefits.refunded"
    voucher_id: int
    benefit_id: int
    person_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOffered(Event):
    name: ClassVar[str] = "benefits.place_offered"
    waiting_id: int
    benefit_id: int
    person_id: int
