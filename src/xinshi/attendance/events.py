"""What attendance tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordApproved(Event):
    """A service record was approved and its hours deposited."""

    name: ClassVar[str] = "attendance.approved"
    record_id: int
    person_id: int
    activity_id: int
    deposit_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefused(Event):
    name: ClassVar[str] = "attendance.refused"
    record_id: int
    person_id: int
    activity_id: int
