"""What giving tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftGiven(Event):
    name: ClassVar[str] = "giving.gift_given"
    gift_id: int
    giver_id: int
    receiver_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Donated(Event):
    """`person_id` is None for a donation of a group, `organization_id` for one of a person."""

    name: ClassVar[str] = "giving.donated"
    donation_id: int
    person_id: int | None
    organization_id: int | None
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(Event):
    name: ClassVar[str] = "giving.granted"
    grant_id: int
    person_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHoursBooked(Event):
    name: ClassVar[str] = "giving.group_hours_booked"
    group_hours_id: int
    organization_id: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivingTakenBack(Event):
    """`object_ref` says what was taken back: `gift:12`, `donation:12`, `grant:12`, `group-hours:12`."""

    name: ClassVar[str] = "giving.taken_back"
    object_ref: str
    minutes: int
