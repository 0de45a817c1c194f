"""What activities tell higher rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPublished(Event):
    name: ClassVar[str] = "activities.published"
    activity_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityCancelled(Event):
    name: ClassVar[str] = "activities.cancelled"
    activity_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp(Event):
    name: ClassVar[str] = "activities.signed_up"
    signup_id: int
    shift_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpCancelled(Event):
    name: ClassVar[str] = "activities.sign_up_cancelled"
    signup_id: int
    shift_id: int
    person_id: int
