"""What the archive of people tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    name: ClassVar[str] = "people.consent_given"
    person_id: int
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    name: ClassVar[str] = "people.consent_withdrawn"
    person_id: int
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerNumberGiven(Event):
    """Somebody who was in the archive got a volunteer number, or another one."""

    name: ClassVar[str] = "people.volunteer_number_given"
    person_id: int
