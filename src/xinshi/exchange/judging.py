"""Pure: what becomes of the rows of a file, given what is known. Every row gets exactly one decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from xinshi.exchange.domain import (
    ROUNDED_END,
    Fault,
    FileKind,
    FileRow,
    KnownTime,
    RowState,
    names_agree,
    plain_name,
    plain_text,
    time_fault,
)
from xinshi.exchange.packed import PackedTime

SETTLED: Final = frozenset({"credited", "held_back", "discarded", "already_known", "not_ours"})
"""States of a line of the same file that an import of it leaves as they are; the others are looked at again."""


class KnownPerson(NamedTuple):
    """Whom a volunteer number or a name means, and whether hours can be deposited for them: `refusal` says why not."""

    id: int
    name: str
    refusal: str = ""


class Keyed(NamedTuple):
    """A row with the digest of what it says; `occurrence` counts equal rows inside the file from 0.

    `untimed`: the digests that it would have without its times, where another file may have left them out.
    """

    row: FileRow
    key: str
    occurrence: int
    untimed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What stands in the database that matters for some rows of one file."""

    people: Mapping[str, KnownPerson]
    by_name: Mapping[str, KnownPerson]
    """People whose plain name nobody else has, for rows without a number."""
    earlier: Mapping[tuple[str, int], str]
    """Lines that an earlier import of the same content left: {(key, occurrence): state}."""
    elsewhere: frozenset[str]
    """Keys of rows that other files brought, credited or waiting."""
    repeated: frozenset[str]
    """Keys of these rows that stand further up in the same file and were taken there."""
    sent: frozenset[tuple[int, int, str]]
    """What this house's own files said: person, minutes, plain reason."""
    other_way: frozenset[tuple[int, int, bool]]
    sums: frozenset[tuple[int, int]]
    """(person, minutes) of rows without a day that are the sums of services in earlier files."""
    summed: frozenset[int]
    """People whose services here add up to what a summary brought before."""
    """Honorary hours that came before: person, minutes, and whether their row had a day (interface) or none (file)."""
    time: KnownTime
    actor_person_id: int | None
    now: datetime


class Decision(NamedTuple):
    """What becomes of a row; `is_settled` where its line of an earlier import stands and stays as it is."""

    keyed: Keyed
    state: RowState
    person_id: int | None = None
    fault: Fault | None = None
    is_settled: bool = False

    @property
    def row(self) -> FileRow:
        return self.keyed.row


def keyed_rows(
    rows: Iterable[tuple[FileRow, str]], seen: Counter[str] | None = None, *, counted: Set[str] | None = None
) -> list[Keyed]:
    """Rows with their digests, equal ones counted; `seen` counts those of earlier portions and is counted on.

    `counted`: the keys that occur more than once, where they are known.
    """
    if counted is not None and not counted:
        return [Keyed(row, key, 0) for row, key in rows]
    seen = Counter() if seen is None else seen
    found = []
    for row, key in rows:
        place = seen.get(key, 0)
        if counted is None or key in counted:
            seen[key] = place + 1
        found.append(Keyed(row, key, place))
    return found


@dataclass(slots=True)
class Judge:
    """Decides row by row, in the file's order; what was credited before in the file counts as known.

    `known` may be exchanged between two portions of a file; what the judge itself decided before stays known to it.
    """

    kind: FileKind
    known: Knowledge
    named: Mapping[tuple[str, int], KnownPerson] = field(default_factory=dict)
    """Whom somebody said that a row belongs to, by its key and occurrence."""
    repeated: Set[str] | None = None
    """The keys that occur more than once in the file, where they are known: only these are remembered."""
    _seen: set[str] = field(default_factory=set)
    _time: PackedTime = field(default_factory=PackedTime)

    def decide(self, keyed: Keyed) -> Decision:
        row = keyed.row
        earlier = self.known.earlier
        if earlier and earlier.get((keyed.key, keyed.occurrence)) in SETTLED:
            self._remember(keyed.key)
            return Decision(keyed, RowState.ALREADY_KNOWN, is_settled=True)
        fault = row.fault or time_fault(row, now=self.known.now)
        if fault:
            return Decision(keyed, RowState.REJECTED, fault=fault)
        named = self.named.get((keyed.key, keyed.occurrence)) if self.named else None
        person = named or self._person(row)
        if row.minutes == 0:
            fault = Fault("no_sign_out", row.columns["hours"])
            return Decision(keyed, RowState.NO_SIGN_OUT, person.id if person else None, fault)
        if person is None:
            return Decision(keyed, RowState.UNMATCHED, fault=self._unknown(row))
        if named is None and row.number and row.name and not names_agree(row.name, person.name):
            return Decision(keyed, RowState.REJECTED, person.id, Fault("name_differs", row.columns.get("name", "")))
        if person.refusal:
            return Decision(keyed, RowState.UNMATCHED, person.id, Fault(person.refusal, self._who_column(row)))
        return self._decide_on(keyed, person, is_named=named is not None)

    def _remember(self, key: str) -> None:
        if self.repeated is None or key in self.repeated:
            self._seen.add(key)

    def _person(self, row: FileRow) -> KnownPerson | None:
        return self.known.people.get(row.number) if row.number else self.known.by_name.get(plain_name(row.name))

    def _unknown(self, row: FileRow) -> Fault:
        if not row.number:
            return Fault("name_unknown", self._who_column(row))
        is_rounded = row.number.endswith(ROUNDED_END)
        return Fault("person_unknown_rounded" if is_rounded else "person_unknown", self._who_column(row))

    @staticmethod
    def _who_column(row: FileRow) -> str:
        return row.columns.get("number") or row.columns.get("name", "")

    def _decide_on(self, keyed: Keyed, person: KnownPerson, *, is_named: bool) -> Decision:
        """A sound row of somebody known: credited, known, or held back."""
        row = keyed.row
        is_repeat = keyed.key in self._seen or keyed.key in self.known.repeated
        self._remember(keyed.key)
        start, end = row.starts_at, row.ends_at
        if start is not None and end is not None:
            assert row.minutes is not None
            sent, shares_time = self.known.time.look(person.id, start, end)
            said, overlaps = self._time.look(person.id, start, end)
            if row.minutes in (sent, said):
                return Decision(keyed, RowState.ALREADY_KNOWN, person.id)
            code = "overlaps" if shares_time or overlaps else ""
            if not code and not self.known.elsewhere.isdisjoint(keyed.untimed):
                code = "equals_untimed"
            if not code and self.kind is not FileKind.HONORARY and person.id in self.known.summed:
                code = "was_summed"
            code = code or self._whose_doubt(row, person, is_named=is_named)
            self._time.add(person.id, start, end, row.minutes, is_occupied=not code)
        else:
            if row.day is not None and not is_repeat and keyed.key in self.known.elsewhere:
                return Decision(keyed, RowState.ALREADY_KNOWN, person.id)
            code = self._untimed_doubt(keyed, person, is_repeat=is_repeat)
            code = code or self._whose_doubt(row, person, is_named=is_named)
        if code:
            column = row.columns.get("start", "") if code == "overlaps" else self._who_column(row)
            return Decision(keyed, RowState.HELD_BACK, person.id, Fault(code, column))
        return Decision(keyed, RowState.CREDITED, person.id)

    def _whose_doubt(self, row: FileRow, person: KnownPerson, *, is_named: bool) -> str:
        """Why somebody must look whose hours these are; empty where nobody has to."""
        if not row.number and not is_named:
            return "name_only"
        return "own_hours" if person.id == self.known.actor_person_id else ""

    def _untimed_doubt(self, keyed: Keyed, person: KnownPerson, *, is_repeat: bool) -> str:
        """Why a row without a place in time may say what is known already."""
        row = keyed.row
        if is_repeat:
            return "repeats_in_file"
        if row.day is not None:
            if self.known.time.is_occupied(person.id, row.day) or self._time.is_occupied(person.id, row.day):
                return "overlaps"
            if self.kind is FileKind.HONORARY and self._went_out(person, row):
                return "sent_by_us"
        elif keyed.key in self.known.elsewhere:
            return "equals_other_file"
        elif (person.id, row.minutes, plain_text(row.title)) in self.known.sent:
            return "sent_by_us"
        elif self.kind is not FileKind.HONORARY and (person.id, row.minutes) in self.known.sums:
            return "equals_sum"
        is_other_way = (person.id, row.minutes, row.day is None) in self.known.other_way
        return "equals_other_way" if self.kind is FileKind.HONORARY and is_other_way else ""

    def _went_out(self, person: KnownPerson, row: FileRow) -> bool:
        """True where a file of ours said as many minutes of this person: the interface may give it another title."""
        return any((pk, minutes) == (person.id, row.minutes) for pk, minutes, _ in self.known.sent)
