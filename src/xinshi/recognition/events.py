"""What recognition tells whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StarPromoted(Event):
    """A person reached a star level for the first time."""

    name: ClassVar[str] = "recognition.star_promoted"
    promotion_id: int
    person_id: int
    level: int
