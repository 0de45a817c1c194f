"""Banks of the simulation with one bug each, such as real exchanges have had; every one of them must be found."""

from __future__ import annotations

from typing import Any

from tests.trust.simulated_bank import (
    Answer,
    Event,
    Going,
    Head,
    Message,
    PayerState,
    Place,
    SimulatedBank,
    StateQuery,
    place,
)
from xinshi.interbank.protocol.bodies import AnswerState, MessageType


class DedupeOff(SimulatedBank):
    """A message that comes again is worked through again."""

    def take(self, message: Message) -> Answer | None:
        known = self.store.recorded.get(message.sequence)
        if known is not None and message.sequence < self.store.head.next_sequence:
            head = self.store.head
            self.store.outcomes.pop((message.type, message.key, message.hash), None)
            if message.type is MessageType.TRANSFER:
                self.step("take", lambda: self.decide(message))
            self.store.head = head
            return self.answer(message, about=message.hash)
        return super().take(message)


class RefundOnTimeOut(SimulatedBank):
    """No answer is taken for a refusal."""

    def _advance_going(self, one: Going, event: Event) -> None:
        super()._advance_going(one, Event.REFUSED if event is Event.UNANSWERED and not one.state.is_final else event)


class RefundOnExpiry(SimulatedBank):
    """What has run out is given back without asking the partner."""

    def _query(self, one: Any) -> StateQuery | None:
        if isinstance(one, Going) and not one.state.is_final and self._is_over(one.message):
            self.step("expire", lambda: self._advance_going(one, Event.REFUSED))
            return None
        return super()._query(one)


class RefundOnAbsent(SimulatedBank):
    """“I have not got it” is taken for “I will never apply it”."""

    def _advance_going(self, one: Going, event: Event) -> None:
        super()._advance_going(one, Event.REFUSED if event is Event.ABSENT and not one.state.is_final else event)


class KeyMadeAnew(SimulatedBank):
    """Each new try of a transfer without an answer is a new transfer."""

    def unanswered(self, question: tuple[Message | StateQuery, ...]) -> None:
        super().unanswered(question)
        for asked in question:
            going = self.store.going.get(asked.key)
            if (
                isinstance(asked, Message)
                and going is not None
                and going.state is PayerState.UNKNOWN
                and going.tries < 2
            ):
                self.step("again", lambda going=going: self._again(going.message))

    def _again(self, message: Message) -> None:
        fresh = f"{message.key}x{len(self.store.out)}"
        owner = self.store.held.pop(message.key)
        self._hold(message.person, message.minutes, fresh, 4_000)
        self.store.held[fresh] = owner
        going = self.store.going.pop(message.key)
        going.state = PayerState.REJECTED
        self.store.going[message.key] = going


class LimitUnchecked(SimulatedBank):
    """More may come in than was agreed."""

    def is_within(self, incoming: int) -> bool:
        return True


class SequenceIgnored(SimulatedBank):
    """Whatever comes is taken as it comes."""

    def take(self, message: Message) -> Answer | None:
        if message.hash not in {one.hash for one in self.store.recorded.values()}:
            self.store.head = Head(message.sequence, message.previous)
        return super().take(message)


class CloseForgotten(SimulatedBank):
    """What was promised never to be applied is not remembered."""

    def told(self, query: StateQuery) -> Answer:
        slot = (query.message_type, query.key, query.message)
        was_known = slot in self.store.outcomes
        answer = super().told(query)
        if not was_known:
            self.store.outcomes.pop(slot, None)
        return answer


class OutcomeApart(SimulatedBank):
    """The minutes are booked in one step, and that they were in the next."""

    def take(self, message: Message) -> Answer | None:
        known = self.store.recorded.get(message.sequence)
        found = place(self.store.head, message, recorded_hash=known.hash if known else "")
        if found is Place.TAKE and message.type is MessageType.TRANSFER and message.person in self.consented:
            self.step("book", lambda: self._book(message))
        return super().take(message)

    def _book(self, message: Message) -> None:
        self.store.posted[message.person] += message.minutes
        self.store.credited.append((message.key, message.minutes))

    def decide(self, message: Message) -> None:
        before = len(self.store.credited)
        super().decide(message)
        kept = self.store.outcomes.get((message.type, message.key, message.hash))
        if len(self.store.credited) > before and kept is not None and kept.state is AnswerState.APPLIED:
            self.store.posted[message.person] -= message.minutes
            self.store.credited.pop()


PLANTED: dict[str, type[SimulatedBank]] = {
    "dedupe off": DedupeOff,
    "refund on time-out": RefundOnTimeOut,
    "refund on expiry": RefundOnExpiry,
    "refund where the partner has not got it": RefundOnAbsent,
    "key made anew": KeyMadeAnew,
    "limit unchecked": LimitUnchecked,
    "sequence ignored": SequenceIgnored,
    "close forgotten": CloseForgotten,
    "outcome stored apart": OutcomeApart,
}
