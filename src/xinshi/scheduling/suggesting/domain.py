"""How well a shift suits a person, as a value, and the few reasons that speak for it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

REASONS_SHOWN: Final = 3
SELDOM_FROM: Final = 20
"""So many points of fairness are said aloud: whoever had at most five shifts in 90 days."""
SELDOM: Final = "seldom"


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for somebody: a part of a pair's value (`scheduling.domain.VALUE_PARTS`) or `seldom`, with its points."""

    code: str
    points: int

    def as_stored(self) -> dict[str, Any]:
        return {"code": self.code, "points": self.points}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Reason:
        return cls(str(stored["code"]), int(stored["points"]))


@dataclass(frozen=True, slots=True)
class Fit:
    """Points by part, and what fairness adds for somebody's next shift."""

    parts: Mapping[str, int] = field(default_factory=dict)
    fairness: int = 0
    may_ask: bool = True
    """False where they said that they cannot come at that time, or not to that place."""

    @property
    def value(self) -> int:
        """0 to 100: how well it suits."""
        return sum(self.parts.values())

    @property
    def total(self) -> int:
        """By which people are ranked: as in a plan, the value and what is fair."""
        return self.value + self.fairness

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return reasons_of(self.parts, self.fairness)


def reasons_of(parts: Mapping[str, int], fairness: int) -> tuple[Reason, ...]:
    """The strongest first, at most REASONS_SHOWN; none where nothing is known that speaks for it."""
    found = [Reason(code, points) for code, points in parts.items() if points > 0]
    if fairness >= SELDOM_FROM:
        found.append(Reason(SELDOM, fairness))
    return tuple(sorted(found, key=lambda reason: (-reason.points, reason.code))[:REASONS_SHOWN])


def in_turn(fits: Mapping[int, Fit], recent: Mapping[int, int], *, shift_id: int) -> list[int]:
    """Keys of people, whoever should be asked first in front.

    Among equals whoever had fewer shifts lately comes first, then a lot drawn by the shift and the key: not always those
    who registered first, and the same order whenever it is asked.
    """
    return sorted(fits, key=lambda person: (-fits[person].total, recent.get(person, 0), lot(shift_id, person)))


def lot(shift_id: int, person_id: int) -> int:
    """A number that nobody can steer and that is the same each time."""
    digest = hashlib.blake2b(f"{shift_id}:{person_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def stored(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [reason.as_stored() for reason in reasons]
