"""Where the minutes on an account come from, and which of them go first: a pure replay of the account's own lines.

Nothing of this is stored. Every credit that is no refund is a **lot**; what goes out takes from the lot that can be spent
the shortest, of those the oldest service, of those the earliest line. Since no rule lets older service last longer than
newer, that is simply the order of service, whatever the policy says. A reversed deposit takes its own lot first; a refund
goes back where it came from. So the same lines always give the same lots, on every machine and at any time.

`settle` is what the bank does on one day by one policy: what has run out goes to the expiry account, then what is beyond the
most that one may hold becomes minutes that can only be donated. The dry run and the real thing call the same function.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from xinshi.bank.timeline import ExpiryRule
from xinshi.ledger.domain import HistoryLine

NOTICE: Final = "notice"
"""The kind of the holds that keep a deposit during its public notice; the key's first part too."""


def main_key(source_ref: str) -> str:
    """The ledger's key of what a deposit puts into the balance."""
    return f"deposit:{source_ref}"


def donation_key(source_ref: str) -> str:
    """The ledger's key of what of a deposit can only be donated."""
    return f"deposit:{source_ref}:donation"


def notice_key(source_ref: str) -> str:
    """The key of the hold that keeps a deposit during its public notice."""
    return f"{NOTICE}:{source_ref}"


@dataclass(frozen=True, slots=True)
class Reserved:
    """An open hold."""

    key: str
    kind: str
    minutes: int
    expires_at: datetime


@dataclass(slots=True)
class Lot:
    """Minutes of one source that are still there. Sorts by the order in which lots are spent."""

    worked_on: date
    seq: int
    kind: str
    key: str
    minutes: int

    def __lt__(self, other: Lot) -> bool:
        return (self.worked_on, self.seq) < (other.worked_on, other.seq)


@dataclass(slots=True)
class Holding:
    """The lots of one account, first to be spent first, and what of them is reserved."""

    lots: list[Lot] = field(default_factory=list)
    reserved: Sequence[Reserved] = ()

    @property
    def minutes(self) -> int:
        return sum(lot.minutes for lot in self.lots)


@dataclass(frozen=True, slots=True)
class Settled:
    """What one day's settlement takes from an account: expired minutes, and minutes that can only be donated from now on."""

    expired_minutes: int
    donation_minutes: int


@dataclass(frozen=True, slots=True)
class Expiring:
    """Minutes of one kind that can be spent until and on `day`."""

    day: date
    kind: str
    minutes: int


def replay(lines: Iterable[HistoryLine]) -> list[Lot]:
    """The lots that are left after these lines (all of an account, ascending), in the order in which they are spent."""
    lots: list[Lot] = []
    of_transfer: dict[int, Lot] = {}
    taken: dict[int, list[tuple[Lot, int]]] = {}
    for line in lines:
        origin = taken.get(line.reverses_id or 0)
        if line.amount > 0 and origin is not None:
            for lot, minutes in origin:
                lot.minutes += minutes
        elif line.amount > 0:
            lot = Lot(line.worked_on, line.seq, line.kind, line.key, line.amount)
            of_transfer[line.transfer_id] = lot
            insort(lots, lot)
        else:
            own = of_transfer.get(line.reverses_id or 0)
            taken[line.transfer_id] = _take(lots, -line.amount, first=own)
    return [lot for lot in lots if lot.minutes]


def _take(lots: Sequence[Lot], minutes: int, *, first: Lot | None = None) -> list[tuple[Lot, int]]:
    """Take minutes from `first`, then from the oldest on; returns what was taken from where."""
    taken = []
    for lot in (first, *lots) if first is not None else lots:
        part = min(lot.minutes, minutes)
        if part:
            lot.minutes -= part
            minutes -= part
            taken.append((lot, part))
        if not minutes:
            break
    assert minutes == 0, "no account ever goes below zero"
    return taken


def spendable(holding: Holding, *, at: datetime) -> list[Lot]:
    """The lots less what is reserved at that moment: a notice keeps its own deposit, any other hold the oldest minutes."""
    lots = [Lot(lot.worked_on, lot.seq, lot.kind, lot.key, lot.minutes) for lot in holding.lots]
    by_key = {lot.key: lot for lot in lots}
    open_now = [hold for hold in holding.reserved if hold.expires_at > at]
    for hold in sorted(open_now, key=lambda one: one.kind != NOTICE):
        own = by_key.get(main_key(hold.key.removeprefix(f"{NOTICE}:"))) if hold.kind == NOTICE else None
        _take(lots, hold.minutes, first=own)
    return lots


def settle(
    holding: Holding, *, rule: ExpiryRule | None, holding_cap_minutes: int | None, on: date, at: datetime
) -> Settled:
    """Take from `holding` what a day's settlement takes; it is changed as the booked lines will change it."""
    free = spendable(holding, at=at)
    expired = 0
    if rule is not None:
        expired = sum(lot.minutes for lot in free if rule.expires_on(lot.worked_on) < on)
        _take(holding.lots, expired)
    donation = 0
    if holding_cap_minutes is not None:
        available = sum(lot.minutes for lot in free) - expired
        donation = min(max(0, holding.minutes - holding_cap_minutes), available)
        _take(holding.lots, donation)
    holding.lots = [lot for lot in holding.lots if lot.minutes]
    return Settled(expired, donation)


def by_day(lots: Iterable[Lot], rule: ExpiryRule | None) -> list[Expiring]:
    """What can be spent until when, the first day first; nothing where nothing expires."""
    if rule is None:
        return []
    sums: dict[tuple[date, str], int] = {}
    for lot in lots:
        place = rule.expires_on(lot.worked_on), lot.kind
        sums[place] = sums.get(place, 0) + lot.minutes
    return [Expiring(day, kind, minutes) for (day, kind), minutes in sorted(sums.items()) if minutes]
