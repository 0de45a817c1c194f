"""What each room gives out about a person, forgets of them and must keep for a while; filled when the house starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from xinshi.bank.obstacles import Obstacle
from xinshi.kernel.actor import Actor

Copier = Callable[[Sequence[int]], Mapping[str, list[dict[str, Any]]]]
Papers = Callable[[Sequence[int]], Iterator[tuple[str, bytes]]]
Finder = Callable[[int], list[Obstacle]]


class Forgetter(Protocol):
    def __call__(self, *, actor: Actor, person_ids: Sequence[int]) -> None:
        """Empty what is about these people, inside the caller's transaction; the people are still whole."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """One room's part. `forget` is None where nothing goes, `papers_of` where it keeps no files."""

    copy_of: Copier
    forget: Forgetter | None = None
    papers_of: Papers | None = None
    still_needed: Finder | None = None


_ROOMS: Final[dict[str, PersonalData]] = {}


def register_personal_data(room: str, part: PersonalData) -> None:
    """Called once per room when the house starts."""
    _ROOMS[room] = part


def rooms() -> Mapping[str, PersonalData]:
    """The rooms in the order in which they were registered."""
    return _ROOMS
