"""Which of the shifts that somebody may take suit them: told by a room above, which knows how well and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from xinshi.activities.eligibility import Candidate
from xinshi.kernel.actor import Actor

if TYPE_CHECKING:
    from xinshi.activities.queries.offers import OfferedShift


@dataclass(frozen=True, slots=True)
class Suggested:
    """A shift and why it suits, in words that go on after "because"; the strongest reason first."""

    shift: OfferedShift
    reasons: tuple[str, ...]


class Suggester(Protocol):
    """Of the next shifts that the actor may take, at most `limit` that suit them, the best first."""

    def __call__(
        self, actor: Actor, candidate: Candidate, may: Sequence[OfferedShift], *, limit: int
    ) -> list[Suggested]: ...


_SUGGESTERS: dict[str, Suggester] = {}


def register_suggester(room: str, suggester: Suggester) -> None:
    """For `config/subscriptions.py`: whoever tells what suits somebody."""
    _SUGGESTERS[room] = suggester


def suggested_to(actor: Actor, candidate: Candidate, may: Sequence[OfferedShift], *, limit: int) -> list[Suggested]:
    found = [one for suggester in _SUGGESTERS.values() for one in suggester(actor, candidate, may, limit=limit)]
    return found[:limit]
