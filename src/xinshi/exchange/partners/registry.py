"""What higher rooms tell about a partner: filled once, when the house starts, from `config/subscriptions.py`.

The exchange stands below the room of messages between banks, so it cannot ask it; that room registers what it knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from xinshi.kernel.actor import Actor, Role

LATEST_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """What was begun with a partner and has no end yet: how much, and since when the oldest waits."""

    count: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One message, file or pull, for the list on a partner's page; `what` is a message id, `object_ref` links it."""

    at: datetime
    what: str
    is_incoming: bool
    object_ref: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a higher room about a partner; `what` is a message id, empty where only a figure leads there."""

    what: str
    address: str
    icon: str
    roles: frozenset[Role]
    explains: str = ""
    """The figure that this page opens to what it is made of: `unfinished` or `differences`."""


UnfinishedOf = Callable[[int], Unfinished]
DifferencesOf = Callable[[int], int]
Overdue = Callable[[], dict[int, int]]
LatestOf = Callable[[int], list[Happening]]
UnreachableSince = Callable[[int], datetime | None]
PlacesOf = Callable[[int], list[Place]]

_UNFINISHED: Final[dict[str, UnfinishedOf]] = {}
_DIFFERENCES: Final[dict[str, DifferencesOf]] = {}
_OVERDUE: Final[dict[str, Overdue]] = {}
_LATEST: Final[dict[str, LatestOf]] = {}
_UNREACHABLE: Final[dict[str, UnreachableSince]] = {}
_PLACES: Final[dict[str, PlacesOf]] = {}


def register_unfinished(name: str, unfinished_of: UnfinishedOf) -> None:
    """`unfinished_of(partner_id)` tells what waits for an end."""
    _UNFINISHED[name] = unfinished_of


def register_differences(name: str, differences_of: DifferencesOf) -> None:
    """`differences_of(partner_id)` counts differences of a reconciliation that nobody has settled."""
    _DIFFERENCES[name] = differences_of


def register_overdue(name: str, overdue: Overdue) -> None:
    """`overdue()` counts differences whose deadline has passed: {partner id: number}, without those that have none."""
    _OVERDUE[name] = overdue


def register_latest(name: str, latest_of: LatestOf) -> None:
    """`latest_of(partner_id)` gives the newest happenings, at most 20."""
    _LATEST[name] = latest_of


def register_unreachable(name: str, unreachable_since: UnreachableSince) -> None:
    """`unreachable_since(partner_id)` tells since when nobody takes calls there; None while somebody does."""
    _UNREACHABLE[name] = unreachable_since


def register_places(name: str, places_of: PlacesOf) -> None:
    """`places_of(partner_id)` gives the room's pages about a time bank, in the order in which they are offered."""
    _PLACES[name] = places_of


def unfinished(partner_id: int) -> Unfinished:
    """Everything unfinished with a partner, put together."""
    found = [unfinished_of(partner_id) for unfinished_of in _UNFINISHED.values()]
    oldest = min((one.oldest_at for one in found if one.oldest_at is not None), default=None)
    return Unfinished(count=sum(one.count for one in found), oldest_at=oldest)


def open_differences(partner_id: int) -> int:
    return sum(differences_of(partner_id) for differences_of in _DIFFERENCES.values())


def overdue_differences() -> dict[int, int]:
    """{partner id: number} of the differences whose deadline has passed."""
    total: Counter[int] = Counter()
    for overdue in _OVERDUE.values():
        total.update(overdue())
    return dict(total)


def latest(partner_id: int) -> list[Happening]:
    """The newest happenings with a partner, of whatever room, the newest first."""
    found = [one for latest_of in _LATEST.values() for one in latest_of(partner_id)[:LATEST_MAX]]
    return sorted(found, key=lambda one: one.at, reverse=True)[:LATEST_MAX]


def unreachable_since(partner_id: int) -> datetime | None:
    """Since when calls to a partner are in vain; None while somebody takes them, or nobody calls."""
    found = [since(partner_id) for since in _UNREACHABLE.values()]
    return min((one for one in found if one is not None), default=None)


def places(actor: Actor, partner_id: int) -> list[Place]:
    """The pages about a time bank that this person may open."""
    found = [one for places_of in _PLACES.values() for one in places_of(partner_id)]
    return [one for one in found if actor.has(*one.roles)]
