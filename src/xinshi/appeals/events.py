"""What this room tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionAsked(Event):
    name: ClassVar[str] = "appeals.asked"
    request_id: int
    kind: str
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionDecided(Event):
    """`outcome` is `granted`, `partly` or `refused`."""

    name: ClassVar[str] = "appeals.decided"
    request_id: int
    kind: str
    person_id: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StarReviewGranted(Event):
    """The passbook's stars are to be looked at again."""

    name: ClassVar[str] = "appeals.star_review_granted"
    passbook_id: int
    person_id: int
