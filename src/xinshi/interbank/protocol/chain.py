"""Where a message belongs in its stream (docs/protocol/messages.md, the chain)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xinshi.interbank.protocol.bodies import FIRST_PREVIOUS, Message

WINDOW: Final = 1_000
"""So far ahead of its turn may a message be recorded."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a stream: the number that comes next, and the hash before it."""

    next_sequence: int = 1
    last_hash: str = FIRST_PREVIOUS

    def after(self, message_hash: str) -> Head:
        return Head(self.next_sequence + 1, message_hash)


class Place(StrEnum):
    TAKE = "take"
    """Its turn has come."""
    REPEAT = "repeat"
    """It was taken before."""
    WAIT = "wait"
    """One before it is missing."""
    BROKEN = "broken"
    """What the sender says now does not fit what it said before."""
    TOO_FAR = "too_far"


def place(head: Head, message: Message, *, recorded_hash: str) -> Place:
    """Where `message` belongs; `recorded_hash` is of what is recorded under its number already, empty where nothing is."""
    ours = message.hash
    if recorded_hash and recorded_hash != ours:
        return Place.BROKEN
    if message.sequence < head.next_sequence:
        assert recorded_hash, "every message that was taken is recorded"
        return Place.REPEAT
    if message.sequence == head.next_sequence:
        return Place.TAKE if message.previous == head.last_hash else Place.BROKEN
    return Place.WAIT if message.sequence < head.next_sequence + WINDOW else Place.TOO_FAR
