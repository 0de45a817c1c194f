"""What messages, queries and answers consist of, and the form of every field (docs/protocol/messages.md)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from xinshi.interbank.protocol.canonical import Malformed, digest

VERSION: Final = 1
FIRST_PREVIOUS: Final = "0" * 64
MINUTES_MAX: Final = 525_600
LIFETIME_MAX: Final = timedelta(days=30)
CLOCK_AHEAD_MAX: Final = timedelta(days=1)
"""So far may the moment at which a message was written lie ahead of the receiver's clock."""
MISSING_MAX: Final = 100
ENTRIES_MAX: Final = 500
DAYS_MAX: Final = 31
SEQUENCE_MAX: Final = 2**53 - 1

CODE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
KEY: Final = re.compile(r"[a-z][a-z0-9]{15,39}")
HASH: Final = re.compile(r"[0-9a-f]{64}")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CATEGORY: Final = re.compile(r"\d{4}", re.ASCII)
ACTIVITY: Final = re.compile(r"[^\x00]{1,120}", re.DOTALL)
REFUSAL: Final = re.compile(r"[a-z][a-z_]{0,39}|")
CURSOR: Final = re.compile(r"[a-z0-9:.-]{0,80}")


class MessageType(StrEnum):
    TRANSFER = "transfer"
    REQUEST = "request"


class AnswerState(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    WAITING = "waiting"
    ABSENT = "absent"

    @property
    def is_final(self) -> bool:
        return self in (AnswerState.APPLIED, AnswerState.REFUSED)


def moment_text(moment: datetime) -> str:
    """`2026-11-24T01:02:03Z`; parts of a second are left out."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """The moment that `text` spells; Malformed for any other form."""
    if not MOMENT.fullmatch(text):
        raise Malformed("a moment has the form 2026-11-24T01:02:03Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("there is no such moment") from None


def day_of(text: str) -> date:
    """The day that `text` spells; Malformed for any other form."""
    if not DAY.fullmatch(text):
        raise Malformed("a day has the form 2026-11-24")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed("there is no such day") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A transfer or a request as it stands in a stream. The last four fields are a transfer's alone."""

    type: MessageType
    sender: str
    receiver: str
    sequence: int
    previous: str
    sent_at: str
    expires_at: str
    key: str
    person: str
    minutes: int
    kind: str
    worked_on: str = ""
    category: str = ""
    activity: str = ""
    evidence: str = ""

    def body(self) -> dict[str, Any]:
        found = _body_of(self)
        if self.type is MessageType.REQUEST:
            for name in TRANSFERS_OWN:
                del found[name]
        return found

    @property
    def hash(self) -> str:
        return _hash_of(self)


@lru_cache(maxsize=2_048)
def _hash_of(message: Message) -> str:
    """One message's hash is asked for many times while it finds its place."""
    return digest(message.body())


@dataclass(frozen=True, slots=True, kw_only=True)
class StateQuery:
    """What became of my message with this key and hash? `close`: if you have not applied it, never do."""

    sender: str
    receiver: str
    asked_at: str
    message_type: MessageType
    key: str
    message: str
    close: bool

    def body(self) -> dict[str, Any]:
        return _body_of(self) | {"type": "state"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingQuery:
    """Send me these messages of your stream again, both ends included."""

    sender: str
    receiver: str
    asked_at: str
    from_sequence: int
    to_sequence: int

    def body(self) -> dict[str, Any]:
        return _body_of(self) | {"type": "missing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesQuery:
    """List what was sent and received on these days; `after` is the `next` of the page before."""

    sender: str
    receiver: str
    asked_at: str
    from_day: str
    to_day: str
    after: str = ""

    def body(self) -> dict[str, Any]:
        return _body_of(self) | {"type": "entries"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a message. A final one is a promise: it is never given otherwise."""

    sender: str
    receiver: str
    about: str
    message_type: MessageType
    key: str
    message: str
    state: AnswerState
    code: str
    minutes: int
    decided_at: str
    next_sequence: int

    def body(self) -> dict[str, Any]:
        return _body_of(self) | {"type": "answer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a bank's list; `state` is applied, refused or open."""

    direction: str
    sequence: int
    type: MessageType
    key: str
    message: str
    minutes: int
    kind: str
    sent_at: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of a bank's list of a period."""

    sender: str
    receiver: str
    about: str
    from_day: str
    to_day: str
    drawn_at: str
    entries: tuple[Entry, ...]
    next: str

    def body(self) -> dict[str, Any]:
        found = _body_of(self) | {"type": "listing"}
        return found | {"entries": [asdict(entry) for entry in self.entries]}


TRANSFERS_OWN: Final = ("worked_on", "category", "activity", "evidence")
Body = Message | StateQuery | MissingQuery | EntriesQuery | Answer | Listing
B = TypeVar("B", bound=Body)
ENUMS: Final = {"type": MessageType, "message_type": MessageType, "state": AnswerState}
PATTERNS: Final = {
    "sender": CODE,
    "receiver": CODE,
    "previous": HASH,
    "key": KEY,
    "person": HASH,
    "category": CATEGORY,
    "activity": ACTIVITY,
    "evidence": HASH,
    "message": HASH,
    "about": HASH,
    "code": REFUSAL,
    "after": CURSOR,
    "next": CURSOR,
    "kind": re.compile("verified|honorary"),
    "direction": re.compile("sent|received"),
}
BOUNDS: Final = {
    "sequence": (1, SEQUENCE_MAX),
    "minutes": (1, MINUTES_MAX),
    "from_sequence": (1, SEQUENCE_MAX),
    "to_sequence": (1, SEQUENCE_MAX),
    "next_sequence": (1, SEQUENCE_MAX),
}
WIRE_NAMES: Final = {"sender": "from", "receiver": "to"}
CLASSES: Final[dict[str, type[Body]]] = {
    "transfer": Message,
    "request": Message,
    "state": StateQuery,
    "missing": MissingQuery,
    "entries": EntriesQuery,
    "answer": Answer,
    "listing": Listing,
}


class UnsupportedVersion(Malformed):
    """The body is of a version that is not spoken here."""


def _body_of(value: Body) -> dict[str, Any]:
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    return {"version": VERSION} | {
        WIRE_NAMES.get(name, name): inner.value if isinstance(inner, StrEnum) else inner
        for name, inner in named.items()
    }


def read(body: object) -> Body:
    """The body as a value, every field checked; Malformed (UnsupportedVersion) for anything else."""
    if not isinstance(body, dict) or not isinstance(body.get("version"), int) or isinstance(body["version"], bool):
        raise Malformed("a body is an object with a version")
    if body["version"] != VERSION:
        raise UnsupportedVersion(f"versions known: {VERSION}")
    name = body.get("type")
    if not isinstance(name, str) or name not in CLASSES:
        raise Malformed("a body of this type is not known")
    found = cast("Body", _read_as(CLASSES[name], body))
    _check_whole(found)
    return found


def read_as(kind: type[B], body: object) -> B:
    """`read`, of the kind that is expected here."""
    found = read(body)
    if not isinstance(found, kind):
        raise Malformed("a body of this type has no place here")
    return found


def _read_as(kind: type[Any], body: dict[str, Any]) -> Any:
    wire = {field.name: WIRE_NAMES.get(field.name, field.name) for field in fields(kind)}
    if kind is Message and body["type"] == MessageType.REQUEST.value:
        wire = {name: place for name, place in wire.items() if name not in TRANSFERS_OWN}
    expected = {*wire.values()} | (set() if kind is Entry else {"version", "type"})
    if set(body) != expected:
        odd = ", ".join(sorted(ascii(str(name)[:40])[1:-1] for name in set(body) ^ expected))
        raise Malformed(f"fields missing or unknown: {odd[:200]}")
    return kind(**{name: _field(kind, name, body[place]) for name, place in wire.items()})


def _field(kind: type[Any], name: str, value: Any) -> Any:
    if name == "entries":
        if not isinstance(value, list) or len(value) > ENTRIES_MAX or not all(isinstance(one, dict) for one in value):
            raise Malformed(f"entries: a list of at most {ENTRIES_MAX} objects")
        return tuple(_read_as(Entry, one) for one in value)
    if name == "close":
        if not isinstance(value, bool):
            raise Malformed("close: true or false")
        return value
    if name in BOUNDS:
        return _number(kind, name, value)
    if not isinstance(value, str):
        raise Malformed(f"{name}: a text")
    return _text(kind, name, value)


def _number(kind: type[Any], name: str, value: Any) -> int:
    lowest, highest = BOUNDS[name]
    if kind is Answer and name == "minutes":
        lowest = 0
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise Malformed(f"{name}: an integer from {lowest} to {highest}")
    return value


def _text(kind: type[Any], name: str, value: str) -> Any:
    if kind is Entry and name == "state":
        if value not in ("applied", "refused", "open"):
            raise Malformed("state: applied, refused or open")
        return value
    if name in ENUMS:
        try:
            return ENUMS[name](value)
        except ValueError:
            raise Malformed(f"{name}: this value is not known") from None
    if name.endswith("_at"):
        if value or name != "decided_at":
            moment_of(value)
    elif name in ("worked_on", "from_day", "to_day"):
        day_of(value)
    elif not PATTERNS[name].fullmatch(value):
        raise Malformed(f"{name}: not of the form that it has")
    return value


def _check_whole(found: Body) -> None:
    """What one field says of another."""
    if found.sender == found.receiver:
        raise Malformed("a bank does not write to itself")
    if isinstance(found, Message):
        lifetime = moment_of(found.expires_at) - moment_of(found.sent_at)
        if not timedelta(0) < lifetime <= LIFETIME_MAX:
            raise Malformed("expires_at: after sent_at, at most 30 days")
    elif isinstance(found, MissingQuery):
        if not 0 <= found.to_sequence - found.from_sequence < MISSING_MAX:
            raise Malformed(f"at most {MISSING_MAX} messages at once")
    elif isinstance(found, EntriesQuery):
        if not 0 <= (day_of(found.to_day) - day_of(found.from_day)).days < DAYS_MAX:
            raise Malformed(f"at most {DAYS_MAX} days at once")
    elif isinstance(found, Answer):
        _check_answer(found)


def _check_answer(found: Answer) -> None:
    is_refusal = found.state is AnswerState.REFUSED
    if found.state.is_final != bool(found.decided_at) or is_refusal != bool(found.code):
        raise Malformed("a final answer has its moment, and a refusal its code, and no other has")


def is_plausible(message: Message, *, now: str) -> bool:
    """False for what was written in the future, and for service that had not happened yet anywhere on earth when it was.

    `now` is the receiver's clock. A message from the future would outlive every bound that is counted from `sent_at`.
    """
    sent_at = moment_of(message.sent_at)
    if sent_at - moment_of(now) > CLOCK_AHEAD_MAX:
        return False
    if message.type is MessageType.REQUEST:
        return True
    return day_of(message.worked_on) <= (sent_at + timedelta(hours=14)).date()
