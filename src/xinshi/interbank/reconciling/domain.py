"""Pure: two lists of one period compared. Every entry of both lists ends in exactly one of the five places."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import zip_longest
from typing import Final

STILL_OPEN_FOR: Final = timedelta(days=1)
"""How long what is open on one side is not yet a difference (docs/protocol/reconciliation.md)."""


class Stream(StrEnum):
    """A stream of messages as this house sees it, whichever side lists it."""

    OUT = "out"
    IN = "in"

    @property
    def other(self) -> Stream:
        return Stream.IN if self is Stream.OUT else Stream.OUT


class State(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    OPEN = "open"


class Place(StrEnum):
    """The four lists, and what is too young for one of them."""

    MATCHED = "matched"
    ONLY_HERE = "only_here"
    ONLY_THERE = "only_there"
    DIFFERS = "differs"
    STILL_OPEN = "still_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message in one side's list."""

    stream: Stream
    type: str
    key: str
    message: str
    minutes: int
    kind: str
    sent_at: datetime
    state: State
    sequence: int = 0

    @property
    def identity(self) -> tuple[str, str, str]:
        """By which both sides find the entry: stream, key of the transfer, type of the message."""
        return self.stream.value, self.key, self.type

    @property
    def moved_minutes(self) -> int:
        """What the entry says has moved: a transfer that was applied; requests move nothing."""
        return self.minutes if self.type == "transfer" and self.state is State.APPLIED else 0

    @property
    def seen_from_there(self) -> Entry:
        return replace(self, stream=self.stream.other)


@dataclass(frozen=True, slots=True)
class Pair:
    """What one side and the other say of one message; at least one of them says something."""

    ours: Entry | None
    theirs: Entry | None

    @property
    def some(self) -> Entry:
        found = self.ours or self.theirs
        assert found is not None, "a pair has at least one side"
        return found

    @property
    def differing(self) -> tuple[str, ...]:
        """The names of what is not the same on both sides; empty where one side is missing."""
        ours, theirs = self.ours, self.theirs
        if ours is None or theirs is None:
            return ()
        names = ("message", "minutes", "kind", "state")
        return tuple(name for name in names if getattr(ours, name) != getattr(theirs, name))

    @property
    def owed_minutes(self) -> int:
        """What would have to be booked here so that this side says what the other one says; negative to take back."""
        return (self.theirs.moved_minutes if self.theirs else 0) - (self.ours.moved_minutes if self.ours else 0)

    @property
    def fingerprint(self) -> str:
        """The same for the same disagreement however often it is found; 64 hex digits."""
        said = [self.some.identity, _said(self.ours), _said(self.theirs)]
        return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def _said(entry: Entry | None) -> list[object]:
    return [] if entry is None else [entry.message, entry.minutes, entry.kind, entry.state.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two lists side by side."""

    matched: tuple[Pair, ...]
    only_here: tuple[Pair, ...]
    only_there: tuple[Pair, ...]
    differs: tuple[Pair, ...]
    still_open: tuple[Pair, ...]

    @property
    def differences(self) -> Iterator[tuple[Place, Pair]]:
        for place in (Place.ONLY_HERE, Place.ONLY_THERE, Place.DIFFERS):
            for pair in getattr(self, place.value):
                yield place, pair

    @property
    def matched_minutes(self) -> int:
        return sum(pair.some.moved_minutes for pair in self.matched)


def compare(
    ours: Iterable[Entry], theirs: Iterable[Entry], *, now: datetime, before: Iterable[Entry] | None = None
) -> Comparison:
    """Both lists with streams as this house sees them. A message that one list names twice counts twice.

    `before` is our list as it was when the partner was asked, where it was asked just now: it may have drawn its own before
    what has come or changed here since, and that is no difference yet.
    """
    mine = list(ours)
    moving = frozenset(mine) - frozenset(before) if before is not None else frozenset()
    places: dict[Place, list[Pair]] = {place: [] for place in Place}
    for pair in _pairs(mine, list(theirs)):
        places[place_of(pair, now=now, is_moving=pair.ours in moving)].append(pair)
    return Comparison(**{place.value: tuple(pairs) for place, pairs in places.items()})


def place_of(pair: Pair, *, now: datetime, is_moving: bool = False) -> Place:
    sides = [entry for entry in (pair.ours, pair.theirs) if entry is not None]
    if len(sides) == 2 and not pair.differing:
        return Place.MATCHED
    if is_moving:
        return Place.STILL_OPEN
    is_young = now - min(entry.sent_at for entry in sides) < STILL_OPEN_FOR
    if is_young and any(entry.state is State.OPEN for entry in sides):
        return Place.STILL_OPEN
    if pair.theirs is None:
        return Place.ONLY_HERE
    return Place.ONLY_THERE if pair.ours is None else Place.DIFFERS


def _pairs(ours: Sequence[Entry], theirs: Sequence[Entry]) -> Iterator[Pair]:
    """Entries of one identity, equal ones first, then in the order of both lists."""
    here, there = _by_identity(ours), _by_identity(theirs)
    for identity in dict.fromkeys((*here, *there)):
        mine, yours = list(here.get(identity, ())), list(there.get(identity, ()))
        for entry in list(mine):
            equal = next((other for other in yours if not Pair(entry, other).differing), None)
            if equal is not None:
                mine.remove(entry)
                yours.remove(equal)
                yield Pair(entry, equal)
        for left, right in zip_longest(mine, yours):
            yield Pair(left, right)


def _by_identity(entries: Sequence[Entry]) -> dict[tuple[str, str, str], list[Entry]]:
    found: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.identity].append(entry)
    return found
