"""What clients asked for and what they were told; and what must therefore stand in the book, exactly once."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.trust.scratch import Scratch

UNKNOWN, ACKNOWLEDGED, REFUSED = "unknown", "acknowledged", "refused"


@dataclass(slots=True)
class Operation:
    """One write with its key. `minutes` is what outstanding hours change by if it takes effect."""

    kind: str
    subject: int
    person: int
    minutes: int
    key: str
    token: str
    path: str
    body: dict[str, Any]
    outcome: str = UNKNOWN
    tries: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    status: int = 0

    @property
    def took_effect(self) -> bool:
        """An approval of what was approved already is answered with 200 and does nothing."""
        return self.outcome == ACKNOWLEDGED and self.answer.get("done", 1) == 1 and self.answer.get("is_new", True)


@dataclass(slots=True)
class Bounds:
    """Between which outstanding minutes a read may see, from what had surely happened and what could have by then."""

    surely: int
    possibly: int


class History:
    """Every operation and every read of all clients. Threads share it."""

    def __init__(self, outstanding: int) -> None:
        self.lock = threading.Lock()
        self.operations: list[Operation] = []
        self.violations: list[str] = []
        self.acknowledged = self.reads = self.settled_unknowns = 0
        self._in = Bounds(outstanding, outstanding)
        self._out = Bounds(0, 0)
        self._newest_line: dict[int, int] = {}

    def begins(self, operation: Operation) -> None:
        with self.lock:
            self.operations.append(operation)
            side = self._in if operation.minutes > 0 else self._out
            side.possibly += abs(operation.minutes)

    def ends(self, operation: Operation) -> None:
        """Its outcome is known."""
        with self.lock:
            side = self._in if operation.minutes > 0 else self._out
            if operation.took_effect:
                side.surely += abs(operation.minutes)
            else:
                side.possibly -= abs(operation.minutes)
            if operation.outcome == ACKNOWLEDGED:
                self.acknowledged += 1
            if operation.tries > 1:
                self.settled_unknowns += 1

    def wrong(self, sentence: str) -> None:
        with self.lock:
            if len(self.violations) < 50:
                self.violations.append(sentence)

    def before_read(self) -> tuple[int, int, dict[int, int]]:
        with self.lock:
            self.reads += 1
            return self._in.surely, self._out.surely, dict(self._newest_line)

    def check_book(self, before: tuple[int, int, dict[int, int]], book: dict[str, Any]) -> None:
        """The bank owes exactly what it gave out, at one moment between the read's beginning and its end."""
        outstanding, held = book["outstanding_minutes"], book["held_minutes"]
        system = sum(row["minutes"] for row in book["system_accounts"])
        if outstanding + system:
            self.wrong(f"book read: {outstanding} outstanding, system accounts {system}")
        if not 0 <= held <= outstanding:
            self.wrong(f"book read: {held} held of {outstanding}")
        with self.lock:
            least, most = before[0] - self._out.possibly, self._in.possibly - before[1]
        if not least <= outstanding <= most:
            self.wrong(f"book read: {outstanding} outstanding, possible are {least} to {most}")

    def check_passbook(self, passbook: dict[str, Any]) -> None:
        booked, held, available = (passbook[f"{name}_minutes"] for name in ("booked", "held", "available"))
        if booked - held != available or min(booked, held, available) < 0:
            self.wrong(f"passbook {passbook['id']}: booked {booked}, held {held}, available {available}")

    def check_lines(self, passbook: int, before: tuple[int, int, dict[int, int]], lines: list[dict[str, Any]]) -> None:
        """Lines follow on each other, and what one client has seen no later reader misses."""
        for newer, older in itertools.pairwise(lines):
            follows = newer["seq"] == older["seq"] + 1
            if (
                not follows
                or newer["balance_after_minutes"] != older["balance_after_minutes"] + newer["amount_minutes"]
            ):
                self.wrong(f"passbook {passbook}: line {newer['seq']} does not follow on {older['seq']}")
        newest = lines[0]["seq"] if lines else 0
        if newest < before[2].get(passbook, 0):
            self.wrong(f"passbook {passbook}: line {before[2][passbook]} was seen before, now the newest is {newest}")
        if any(line["balance_after_minutes"] < 0 for line in lines):
            self.wrong(f"passbook {passbook}: a balance below nothing")
        with self.lock:
            self._newest_line[passbook] = max(newest, self._newest_line.get(passbook, 0))


def check(history: History, over: Scratch, *, first_minutes: int, people: Iterable[int]) -> list[str]:
    """Lost, phantom and duplicate writes, wrong balances, what is still unknown, what the book says of itself."""
    done: dict[str, list[Operation]] = {}
    for operation in history.operations:
        if operation.took_effect:
            done.setdefault(operation.kind, []).append(operation)
    found = list(history.violations)
    found += [
        f"{row.kind} {row.subject}: unknown after {row.tries} tries"
        for row in history.operations
        if row.outcome == UNKNOWN
    ]
    subjects = {kind: [row.subject for row in rows] for kind, rows in done.items()}
    vouchers = {row.answer["voucher_id"]: row for row in done.get("reserve", [])}
    stood = _stood(over)
    found += _difference("approved records", subjects.get("approve", []), stood["deposits"])
    found += _difference("reserved vouchers", list(vouchers), stood["vouchers"])
    found += _difference("redeemed vouchers", subjects.get("fulfil", []), stood["fulfilled"])
    found += _difference("captured vouchers", subjects.get("fulfil", []), stood["captured"])
    found += _difference("cancelled vouchers", subjects.get("cancel", []), stood["cancelled"])
    found += _difference("deposits taken back", subjects.get("take back", []), stood["reversed"])
    found += _difference("reversing transfers", subjects.get("take back", []), stood["reversing"])
    for action, kind in AUDITED.items():
        wanted = list(vouchers) if kind == "reserve" else subjects.get(kind, [])
        found += _difference(f"audit lines of {action}", wanted, stood[action])
    found += _balances(over, done, first_minutes, people)
    (unanswered,) = over.rows("SELECT count(*) FROM idempotency_key WHERE status IS NULL")[0]
    if unanswered:
        found.append(f"{unanswered} keys have no answer")
    return found


AUDITED = {
    "attendance.approve": "approve",
    "benefits.reserve": "reserve",
    "benefits.fulfil": "fulfil",
    "benefits.cancel": "cancel",
    "bank.reverse_deposit": "take back",
}
AUDIT_LINES = "SELECT split_part(object_ref, ':', 2)::bigint FROM audit_entry WHERE action = %s"
STOOD = {
    "deposits": "SELECT split_part(source_ref, ':', 2)::bigint FROM deposit WHERE source_ref LIKE 'service-record:%%'",
    "vouchers": "SELECT id FROM voucher",
    "fulfilled": "SELECT id FROM voucher WHERE state = 'fulfilled'",
    "captured": (
        "SELECT split_part(h.key, ':', 2)::bigint FROM ledger_transfer t JOIN ledger_hold h ON h.id = t.hold_id"
    ),
    "cancelled": "SELECT id FROM voucher WHERE state = 'cancelled'",
    "reversed": "SELECT deposit_id FROM deposit_reversal",
    "reversing": (
        "SELECT d.id FROM ledger_transfer t JOIN deposit d ON d.transfer_id = t.reverses_id"
        " WHERE t.reverses_id IS NOT NULL"
    ),
}


def _stood(over: Scratch) -> dict[str, list[int]]:
    """What stands in the database, by raw SQL: the program under test does not vouch for itself."""
    stood = {name: [row[0] for row in over.rows(statement)] for name, statement in STOOD.items()}
    return stood | {action: [row[0] for row in over.rows(AUDIT_LINES, action)] for action in AUDITED}


def _difference(what: str, wanted: list[int], stood: list[int]) -> list[str]:
    expected, counted = Counter(wanted), Counter(stood)
    found = []
    if lost := expected - counted:
        found.append(f"lost {what}: {sorted(lost)[:5]}, {lost.total()} in all")
    if phantom := [subject for subject in counted if subject not in expected]:
        found.append(f"phantom {what}: {sorted(phantom)[:5]}, {len(phantom)} in all")
    if duplicate := [subject for subject, times in counted.items() if 1 <= expected[subject] < times]:
        found.append(f"duplicate {what}: {sorted(duplicate)[:5]}, {len(duplicate)} in all")
    return found


def _balances(over: Scratch, done: dict[str, list[Operation]], first_minutes: int, people: Iterable[int]) -> list[str]:
    wanted = dict.fromkeys(people, first_minutes)
    held = dict.fromkeys(wanted, 0)
    for kind in ("approve", "fulfil", "take back"):
        for row in done.get(kind, []):
            wanted[row.person] += row.minutes
    ended = {row.subject for kind in ("fulfil", "cancel") for row in done.get(kind, [])}
    statement = (
        "SELECT p.person_id, b.posted, b.held FROM passbook p JOIN ledger_balance b ON b.account_id = p.account_id"
    )
    stored = {person: (posted, kept) for person, posted, kept in over.rows(statement)}
    for voucher, person, minutes in over.rows("SELECT id, person_id, minutes FROM voucher"):
        if voucher not in ended:
            held[person] += minutes
    return [
        f"person {person}: balance and held {stored[person]}, the history makes {(minutes, held[person])}"
        for person, minutes in wanted.items()
        if stored[person] != (minutes, held[person])
    ]
