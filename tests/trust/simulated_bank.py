"""A bank of the simulation: the protocol's pure machines over a store that survives crashes, one step at a time.

A step is what a database transaction is in the house: all of it or nothing. Before and after every step the bank may crash;
what it has not stored is lost. Subclasses in `planted_banks` each have one bug.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any, Protocol, TypeVar

from xinshi.interbank.protocol.bodies import Answer, AnswerState, Message, MessageType, StateQuery, moment_text
from xinshi.interbank.protocol.canonical import digest
from xinshi.interbank.protocol.chain import Head, Place, place
from xinshi.interbank.protocol.states import (
    ANSWERED,
    AskerState,
    Circumstances,
    Effect,
    Event,
    PayerState,
    Refusal,
    arrived,
    asker_step,
    pause_seconds,
    payer_step,
    refusal,
    should_close,
)

T = TypeVar("T")
BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
BATCH = 10
Slot = tuple[MessageType, str, str]
"""Of which message something is stored: type, key, hash."""


class Crash(Exception):
    """The bank stops here."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Messages from this number on, please."""

    sequence: int


class World(Protocol):
    """What a bank has around it."""

    now: int

    def may_crash(self, bank: SimulatedBank, step: str) -> bool: ...
    def send(self, sender: SimulatedBank, packet: Packet) -> None: ...


@dataclass(frozen=True, slots=True)
class Packet:
    """Messages or queries one way, answers the other; `question` is what the answers belong to."""

    contents: tuple[Message | StateQuery | Missing | Answer, ...]
    question: tuple[Message | StateQuery, ...] = ()


@dataclass(slots=True)
class Going:
    """A transfer that leaves: the payer's side."""

    message: Message
    state: PayerState = PayerState.HELD
    tries: int = 0
    due: int = 0


@dataclass(slots=True)
class Asking:
    """A request for hours: the payee's side."""

    message: Message
    state: AskerState = AskerState.ASKED
    tries: int = 0
    due: int = 0


@dataclass(slots=True)
class Store:
    """What survives a crash."""

    posted: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[str, tuple[str, int]] = field(default_factory=dict)
    clearing: int = 0
    """Minutes that went to the partner less those that came: what it owes us."""
    credited: list[tuple[str, int]] = field(default_factory=list)
    out: list[Message] = field(default_factory=list)
    delivered_next: int = 1
    stream_tries: int = 0
    stream_due: int = 0
    head: Head = field(default_factory=Head)
    recorded: dict[int, Message] = field(default_factory=dict)
    outcomes: dict[Slot, Answer] = field(default_factory=dict)
    going: dict[str, Going] = field(default_factory=dict)
    asking: dict[str, Asking] = field(default_factory=dict)
    is_disputed: bool = False


@lru_cache(maxsize=100_000)
def text_at(second: int) -> str:
    return moment_text(BEGIN + timedelta(seconds=second))


def _fits(asked: Asking, message: Message) -> bool:
    wanted = (asked.message.person, asked.message.minutes, asked.message.kind)
    return wanted == (message.person, message.minutes, message.kind) and not asked.state.is_final


class SimulatedBank:
    """One of two banks; `ahead` is how far its clock is off, in seconds."""

    def __init__(self, code: str, partner: str, world: World, dice: random.Random, *, ahead: int, limit: int) -> None:
        self.code, self.partner, self.world, self.dice = code, partner, world, dice
        self.ahead, self.limit = ahead, limit
        self.store = Store()
        self.consented: set[str] = set()

    # What is stored, one step at a time.

    def step(self, name: str, change: Callable[[], T]) -> T:
        if self.world.may_crash(self, f"before {name}"):
            raise Crash
        found = change()
        if self.world.may_crash(self, f"after {name}"):
            raise Crash
        return found

    @property
    def clock(self) -> str:
        return text_at(self.world.now + self.ahead)

    def available(self, person: str) -> int:
        held = sum(minutes for owner, minutes in self.store.held.values() if owner == person)
        return self.store.posted[person] - held

    def is_within(self, incoming: int) -> bool:
        return incoming - self.store.clearing <= self.limit

    # What people do.

    def give(self, person: str, minutes: int, *, key: str, lifetime: int) -> bool:
        """Send hours there; False where they are not there."""
        if self.available(person) < minutes or self.store.is_disputed:
            return False
        self.step("hold", lambda: self._hold(person, minutes, key, lifetime))
        return True

    def ask(self, person: str, minutes: int, *, key: str, lifetime: int) -> None:
        """Bring hours here."""

        def write() -> None:
            message = self._written(MessageType.REQUEST, person, minutes, key, lifetime)
            self.store.asking[key] = Asking(message)

        self.step("ask", write)

    def _hold(self, person: str, minutes: int, key: str, lifetime: int) -> None:
        self.store.held[key] = (person, minutes)
        self.store.going[key] = Going(self._written(MessageType.TRANSFER, person, minutes, key, lifetime))

    def _written(self, kind: MessageType, person: str, minutes: int, key: str, lifetime: int) -> Message:
        served: dict[str, Any] = {}
        if kind is MessageType.TRANSFER:
            served = {"worked_on": "2026-11-20", "category": "0004", "activity": "Guiding", "evidence": "e" * 64}
        message = Message(
            type=kind,
            sender=self.code,
            receiver=self.partner,
            sequence=len(self.store.out) + 1,
            previous=self.store.out[-1].hash if self.store.out else Head().last_hash,
            sent_at=self.clock,
            expires_at=text_at(self.world.now + self.ahead + lifetime),
            key=key,
            person=person,
            minutes=minutes,
            kind="verified",
            **served,
        )
        self.store.out.append(message)
        self.store.stream_due = self.world.now
        return message

    # What the worker does.

    def work(self) -> None:
        """Send what was not delivered, in order; ask about what has no final answer."""
        store = self.store
        if store.delivered_next <= len(store.out) and store.stream_due <= self.world.now and not store.is_disputed:
            self._send(store.out[store.delivered_next - 1 :][:BATCH])
        queries = [query for one in [*store.going.values(), *store.asking.values()] if (query := self._query(one))]
        if queries:
            self.world.send(self, Packet(tuple(queries), tuple(queries)))

    def _send(self, messages: list[Message]) -> None:
        def attempt() -> None:
            self.store.stream_tries += 1
            self.store.stream_due = self.world.now + self._pause(self.store.stream_tries)
            for message in messages:
                self._advance(message, Event.ATTEMPTED)

        self.step("attempt", attempt)
        size = self.dice.choice((1, BATCH))
        for start in range(0, len(messages), size):
            part = tuple(messages[start : start + size])
            self.world.send(self, Packet(part, part))

    def _query(self, one: Going | Asking) -> StateQuery | None:
        """The question about a message that was sent and has no final answer, where it is due."""
        message = one.message
        if one.state.is_final or one.state in (PayerState.HELD, AskerState.ASKED, AskerState.GRANTED):
            return None
        if one.due > self.world.now:
            return None
        self.step("ask about", lambda: self._postpone(one))
        return StateQuery(
            sender=self.code,
            receiver=self.partner,
            asked_at=self.clock,
            message_type=message.type,
            key=message.key,
            message=message.hash,
            close=self._is_over(message),
        )

    def _is_over(self, message: Message) -> bool:
        return should_close(message, now=self.clock)

    def _postpone(self, one: Going | Asking) -> None:
        one.tries += 1
        one.due = self.world.now + self._pause(one.tries)

    def _pause(self, tries: int) -> int:
        return round(pause_seconds(tries, chance=self.dice.random()))

    # What answers, or none, do.

    def unanswered(self, question: tuple[Message | StateQuery, ...]) -> None:
        """No answer came in time."""
        for asked in question:
            self.step("unanswered", lambda asked=asked: self._advance(asked, Event.UNANSWERED))

    def answered(self, answer: Answer) -> None:
        def advance() -> None:
            if answer.next_sequence > self.store.delivered_next:
                self.store.delivered_next, self.store.stream_tries = answer.next_sequence, 0
                self.store.stream_due = self.world.now
            self._advance(answer, ANSWERED[answer.state])

        self.step("answered", advance)

    def _advance(self, about: Message | StateQuery | Answer, event: Event) -> None:
        kind = about.type if isinstance(about, Message) else about.message_type
        if kind is MessageType.TRANSFER:
            self._advance_going(self.store.going[about.key], event)
        else:
            one = self.store.asking[about.key]
            one.state, effect = asker_step(one.state, event)
            self.store.is_disputed |= effect is Effect.ALARM

    def _advance_going(self, one: Going, event: Event) -> None:
        one.state, effect = payer_step(one.state, event)
        if effect is Effect.CAPTURE:
            person, minutes = self.store.held.pop(one.message.key)
            self.store.posted[person] -= minutes
            self.store.clearing += minutes
        elif effect is Effect.RELEASE:
            del self.store.held[one.message.key]
        self.store.is_disputed |= effect is Effect.ALARM

    # What comes in.

    def received(self, packet: Packet) -> None:
        """Work a request through and answer it."""
        answers: list[Answer] = []
        again: list[Message] = []
        for one in packet.contents:
            if isinstance(one, Message):
                answer = self.take(one)
                answers += [answer] if answer else []
            elif isinstance(one, StateQuery):
                answers.append(self.told(one))
            elif isinstance(one, Missing):
                again += takewhile(self._was_tried, self.store.out[one.sequence - 1 :][:BATCH])
        if answers and packet.question:
            self.world.send(self, Packet(tuple(answers), packet.question))
        if again:  # What was asked for is itself an answer: nobody answers it.
            self.world.send(self, Packet(tuple(again)))

    def _was_tried(self, message: Message) -> bool:
        """Only what was sent before is sent again: of anything else its own bank does not know that it left."""
        if message.type is MessageType.TRANSFER:
            return self.store.going[message.key].state is not PayerState.HELD
        return self.store.asking[message.key].state is not AskerState.ASKED

    def take(self, message: Message) -> Answer | None:
        """Take a message at its place in the stream, and those that waited behind it."""
        known = self.store.recorded.get(message.sequence)
        found = place(self.store.head, message, recorded_hash=known.hash if known else "")
        if found is Place.BROKEN:
            self.step("dispute", self._dispute)
            return None
        if found is Place.TOO_FAR or self.store.is_disputed:
            return None
        if found is Place.WAIT:
            self.step("record", lambda: self.store.recorded.setdefault(message.sequence, message))
            self.world.send(self, Packet((Missing(self.store.head.next_sequence),)))
        elif found is Place.TAKE:
            self.step("take", lambda: self.decide(message))
            self._take_waiting()
        return self.answer(message, about=message.hash)

    def _take_waiting(self) -> None:
        while (waiting := self.store.recorded.get(self.store.head.next_sequence)) is not None:
            if place(self.store.head, waiting, recorded_hash=waiting.hash) is not Place.TAKE:
                self.step("dispute", self._dispute)
                return
            self.step("take waiting", lambda waiting=waiting: self.decide(waiting))

    def _dispute(self) -> None:
        self.store.is_disputed = True

    def decide(self, message: Message) -> None:
        """Decide a message whose turn has come, book what it brings, keep the outcome: one step."""
        self.store.recorded[message.sequence] = message
        self.store.head = self.store.head.after(message.hash)
        if (message.type, message.key, message.hash) in self.store.outcomes:
            return  # It was closed before it came.
        code = refusal(message, self._circumstances(message), now=self.clock)
        if code is None and message.type is MessageType.TRANSFER:
            self.store.posted[message.person] += message.minutes
            self.store.clearing -= message.minutes
            self.store.credited.append((message.key, message.minutes))
        elif code is None:
            self._hold(message.person, message.minutes, message.key, self.dice.randint(5, 4_000))
        asked = self.store.asking.get(message.key)
        if message.type is MessageType.TRANSFER and asked and not asked.state.is_final:
            asked.state = arrived(asked.state, is_applied=code is None)
        self._keep(message, code)

    def _circumstances(self, message: Message) -> Circumstances:
        asked = self.store.asking.get(message.key) if message.type is MessageType.TRANSFER else None
        is_request = message.type is MessageType.REQUEST
        return Circumstances(
            is_key_used=any(slot[:2] == (message.type, message.key) for slot in self.store.outcomes),
            people=int(message.person in self.consented),
            has_passbook=True,
            is_agreed=True,
            is_kind_agreed=True,
            is_within_limits=is_request or self.is_within(message.minutes),
            available_minutes=self.available(message.person) if is_request else None,
            matches_request=asked is None or _fits(asked, message),
        )

    def _keep(self, message: Message, code: Refusal | None) -> None:
        self.store.outcomes[message.type, message.key, message.hash] = Answer(
            sender=self.code,
            receiver=self.partner,
            about=message.hash,
            message_type=message.type,
            key=message.key,
            message=message.hash,
            state=AnswerState.APPLIED if code is None else AnswerState.REFUSED,
            code=code or "",
            minutes=message.minutes,
            decided_at=self.clock,
            next_sequence=1,
        )

    def told(self, query: StateQuery) -> Answer:
        """What became of a message; closed first where that is asked and nothing was decided."""
        slot = (query.message_type, query.key, query.message)
        if query.close and slot not in self.store.outcomes:
            self.step("close", lambda: self.close(query))
        return self.answer(query, about=digest(query.body()))

    def close(self, query: StateQuery) -> None:
        """Never apply this message, and keep that; a request for the same hours has ended with it."""
        asked = self.store.asking.get(query.key)
        if query.message_type is MessageType.TRANSFER and asked and not asked.state.is_final:
            asked.state = arrived(asked.state, is_applied=False)
        self.store.outcomes[query.message_type, query.key, query.message] = Answer(
            sender=self.code,
            receiver=self.partner,
            about=query.message,
            message_type=query.message_type,
            key=query.key,
            message=query.message,
            state=AnswerState.REFUSED,
            code=Refusal.CLOSED,
            minutes=0,
            decided_at=self.clock,
            next_sequence=1,
        )

    def answer(self, asked: Message | StateQuery, *, about: str) -> Answer:
        kind, message = (asked.type, asked.hash) if isinstance(asked, Message) else (asked.message_type, asked.message)
        kept = self.store.outcomes.get((kind, asked.key, message))
        is_waiting = not kept and any(one.hash == message for one in self.store.recorded.values())
        return Answer(
            sender=self.code,
            receiver=self.partner,
            about=about,
            message_type=kind,
            key=asked.key,
            message=message,
            state=kept.state if kept else AnswerState.WAITING if is_waiting else AnswerState.ABSENT,
            code=kept.code if kept else "",
            minutes=kept.minutes if kept else 0,
            decided_at=kept.decided_at if kept else "",
            next_sequence=self.store.head.next_sequence,
        )
