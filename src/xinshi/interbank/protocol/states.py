"""The state machines of docs/protocol/states.md as pure functions of (state, event).

They decide; whoever calls them books, writes and stores what they decided in one step before anything else happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xinshi.interbank.protocol.bodies import AnswerState, Message, MessageType, is_plausible, moment_of, moment_text

FIRST_PAUSE_SECONDS: Final = 1.0
PAUSE_SECONDS_MAX: Final = 900.0


class PayerState(StrEnum):
    HELD = "held"
    SENT = "sent"
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        return self in (PayerState.CONFIRMED, PayerState.REJECTED)


class AskerState(StrEnum):
    """Of a request, at the bank that asks for the hours."""

    ASKED = "asked"
    SENT = "sent"
    UNKNOWN = "unknown"
    GRANTED = "granted"
    DECLINED = "declined"
    APPLIED = "applied"
    REFUSED = "refused"

    @property
    def is_final(self) -> bool:
        return self in (AskerState.DECLINED, AskerState.APPLIED, AskerState.REFUSED)


class Event(StrEnum):
    ATTEMPTED = "attempted"
    """About to be given to the network."""
    APPLIED = "applied"
    REFUSED = "refused"
    WAITING = "waiting"
    ABSENT = "absent"
    UNANSWERED = "unanswered"
    """Nothing came, or an error, or what cannot be trusted."""
    DECIDED_APPLIED = "decided_applied"
    """Two people decided that the partner has it."""
    DECIDED_REFUSED = "decided_refused"


class Effect(StrEnum):
    """What happens in the same step as the change of state."""

    NONE = "none"
    CAPTURE = "capture"
    """The held minutes are booked away, to the partner's clearing account."""
    RELEASE = "release"
    """The held minutes are given back."""
    ALARM = "alarm"
    """The partner contradicts itself, or people: it goes into dispute."""


ANSWERED: Final = {
    AnswerState.APPLIED: Event.APPLIED,
    AnswerState.REFUSED: Event.REFUSED,
    AnswerState.WAITING: Event.WAITING,
    AnswerState.ABSENT: Event.ABSENT,
}
BECOMES_UNKNOWN: Final = frozenset({Event.UNANSWERED, Event.ABSENT})
DECIDED: Final = frozenset({Event.DECIDED_APPLIED, Event.DECIDED_REFUSED})
OPPOSITE_OF: Final = {PayerState.CONFIRMED: Event.REFUSED, PayerState.REJECTED: Event.APPLIED}


def payer_step(state: PayerState, event: Event) -> tuple[PayerState, Effect]:
    """What an event makes of a transfer at the bank that holds the minutes. Time alone never gives them back."""
    if state.is_final:
        return state, Effect.ALARM if event is OPPOSITE_OF[state] else Effect.NONE
    if event in DECIDED:
        assert state is PayerState.UNKNOWN, "people decide only what is unknown"
    if event in (Event.APPLIED, Event.DECIDED_APPLIED):
        return PayerState.CONFIRMED, Effect.CAPTURE
    if event in (Event.REFUSED, Event.DECIDED_REFUSED):
        return PayerState.REJECTED, Effect.RELEASE
    if event is Event.ATTEMPTED:
        return (PayerState.SENT if state is PayerState.HELD else state), Effect.NONE
    assert state is not PayerState.HELD, "what was not attempted has no answer"
    return (PayerState.UNKNOWN if event in BECOMES_UNKNOWN else state), Effect.NONE


def asker_step(state: AskerState, event: Event) -> tuple[AskerState, Effect]:
    """What the answer to a request makes of it; that the hours arrive is `arrived`."""
    if event is Event.REFUSED:
        return _declined(state)
    if state.is_final:
        alarming = state is AskerState.DECLINED and event is Event.APPLIED
        return state, Effect.ALARM if alarming else Effect.NONE
    if state is AskerState.GRANTED:
        return state, Effect.NONE
    if event is Event.APPLIED:
        return AskerState.GRANTED, Effect.NONE
    if event is Event.ATTEMPTED:
        return (AskerState.SENT if state is AskerState.ASKED else state), Effect.NONE
    assert event not in DECIDED, "a request needs no decision: nothing is held for it here"
    return (AskerState.UNKNOWN if event in BECOMES_UNKNOWN else state), Effect.NONE


def _declined(state: AskerState) -> tuple[AskerState, Effect]:
    if state in (AskerState.GRANTED, AskerState.APPLIED, AskerState.REFUSED):
        return state, Effect.ALARM
    return AskerState.DECLINED, Effect.NONE


def arrived(state: AskerState, *, is_applied: bool) -> AskerState:
    """The transfer that was asked for came and was decided here, perhaps before the request's own answer came."""
    assert not state.is_final, "a key is decided once"
    return AskerState.APPLIED if is_applied else AskerState.REFUSED


class Refusal(StrEnum):
    """Codes of refusal, in the order in which they are looked for."""

    EXPIRED = "expired"
    CLOSED = "closed"
    KEY_REUSED = "key_reused"
    NO_CONSENT = "no_consent"
    PERSON_AMBIGUOUS = "person_ambiguous"
    NO_PASSBOOK = "no_passbook"
    NOT_AGREED = "not_agreed"
    KIND_NOT_AGREED = "kind_not_agreed"
    LIMIT_EXCEEDED = "limit_exceeded"
    INSUFFICIENT_MINUTES = "insufficient_minutes"
    DOES_NOT_MATCH = "does_not_match"
    IMPLAUSIBLE = "implausible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the receiving bank knows, when a message's turn has come, of everything that may stand against it."""

    is_key_used: bool
    """Another message of this type with this key was there first."""
    people: int
    """How many people fit the token and have consented; two stands for several."""
    has_passbook: bool
    is_agreed: bool
    is_kind_agreed: bool
    is_within_limits: bool
    available_minutes: int | None
    """What the person may send of this kind; None for a transfer, which needs nothing here."""
    matches_request: bool
    """False where a request with this key asked for something else, or was declined."""


def refusal(message: Message, known: Circumstances, *, now: str) -> Refusal | None:
    """Why a message whose turn has come is refused; None where it is applied. `now` is a moment as it is written.

    What was closed before is not asked about here: its refusal is stored already.
    """
    short = known.available_minutes is not None and known.available_minutes < message.minutes
    against = (
        (Refusal.EXPIRED, now >= message.expires_at),
        (Refusal.KEY_REUSED, known.is_key_used),
        (Refusal.NO_CONSENT, known.people == 0),
        (Refusal.PERSON_AMBIGUOUS, known.people > 1),
        (Refusal.NO_PASSBOOK, not known.has_passbook),
        (Refusal.NOT_AGREED, not known.is_agreed),
        (Refusal.KIND_NOT_AGREED, not known.is_kind_agreed),
        (Refusal.LIMIT_EXCEEDED, not known.is_within_limits),
        (Refusal.INSUFFICIENT_MINUTES, short),
        (Refusal.DOES_NOT_MATCH, not known.matches_request),
        (Refusal.IMPLAUSIBLE, not is_plausible(message, now=now)),
    )
    assert now == moment_text(moment_of(now)), "moments of one form compare as texts"
    return next((code for code, holds in against if holds), None)


def pause_seconds(tries: int, *, chance: float, longest: float = PAUSE_SECONDS_MAX) -> float:
    """How long to wait after so many tries without a final answer; `chance` is from 0 to 1."""
    assert tries >= 1, "the first try waits for nothing"
    assert 0 <= chance <= 1, "a chance lies between 0 and 1"
    return min(FIRST_PAUSE_SECONDS * float(1 << min(tries - 1, 20)), longest) * (1 + chance / 2)


def should_close(message: Message, *, now: str) -> bool:
    """From its expiry on, a message without a final answer is asked about with `close`."""
    return now >= message.expires_at


__all__ = [
    "AskerState",
    "Circumstances",
    "Effect",
    "Event",
    "MessageType",
    "PayerState",
    "Refusal",
    "arrived",
    "asker_step",
    "pause_seconds",
    "payer_step",
    "refusal",
    "should_close",
]
