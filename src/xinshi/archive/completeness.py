"""How complete somebody's archive is, in per cent, and what is missing; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Item(StrEnum):
    """What an archive should have. Each counts the same; whatever is filled is done, whatever it says."""

    BASIC = "basic"
    """Phone, birth date and area of residence (民政部令67)."""
    WORK = "work"
    LANGUAGES = "languages"
    INTERESTS = "interests"
    SKILLS = "skills"
    TIMES = "times"
    LIMITS = "limits"
    SITES = "sites"
    EMERGENCY = "emergency"
    PLEDGE = "pledge"


ITEMS: Final = tuple(Item)


@dataclass(frozen=True, slots=True)
class Completeness:
    """`percent` from 0 to 100, whole; `missing` in the order in which one would fill them."""

    percent: int
    missing: tuple[Item, ...]

    @property
    def is_complete(self) -> bool:
        return not self.missing


def completeness(filled: Collection[Item]) -> Completeness:
    missing = tuple(item for item in ITEMS if item not in filled)
    return Completeness(percent=(len(ITEMS) - len(missing)) * 100 // len(ITEMS), missing=missing)
