"""What this room tells rooms above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationVerified(Event):
    """Somebody has a qualification that they did not have before."""

    name: ClassVar[str] = "archive.qualification_verified"
    qualification_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationRevoked(Event):
    """Somebody's qualification counts no more, whatever days it bore."""

    name: ClassVar[str] = "archive.qualification_revoked"
    qualification_id: int
    person_id: int
