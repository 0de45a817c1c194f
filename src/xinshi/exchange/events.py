"""What the exchange tells whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursImported(Event):
    """A partner's file went in; figures of this run only."""

    name: ClassVar[str] = "exchange.imported"
    file_id: int
    partner: str
    rows: int
    credited: int
    minutes: int
    held_back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDecided(Event):
    """Somebody decided on a line that was held back."""

    name: ClassVar[str] = "exchange.line_decided"
    line_id: int
    person_id: int
    is_accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursExported(Event):
    name: ClassVar[str] = "exchange.exported"
    export_id: int
    partner: str
    people: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerStateChanged(Event):
    """A partner was paused, let go on, or stopped because both sides disagree."""

    name: ClassVar[str] = "exchange.partner_state"
    partner_id: int
    partner: str
    state: str
