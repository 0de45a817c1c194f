"""What a dry run remembers of a whole file is small, and decides as what it took the place of."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.exchange.domain import FileKind, FileRow, KnownTime, RowState, canonical_row
from xinshi.exchange.judging import Decision, Judge, Knowledge, KnownPerson, keyed_rows
from xinshi.exchange.packed import BUCKETS, SEGMENT, PackedList, PackedTime
from xinshi.kernel.clock import HOSPITAL_ZONE

MONDAY = datetime(2026, 10, 5, tzinfo=HOSPITAL_ZONE)
NOW = datetime(2026, 11, 1, tzinfo=HOSPITAL_ZONE)
PEOPLE = {f"9{number:017d}": KnownPerson(number, f"志愿者{number}") for number in (1, 2, 2**62)}

quarters = st.integers(0, 3 * 96)
segments = st.tuples(
    st.sampled_from([1, 2, 2**62]), quarters, st.integers(1, 120), st.integers(0, 527_040), st.booleans()
)


def at(quarter: int) -> datetime:
    return MONDAY + timedelta(minutes=15 * quarter)


class Unpacked(KnownTime):
    """What stood in the place of PackedTime before, with its way of adding."""

    def add(self, person_id: int, starts_at: datetime, ends_at: datetime, minutes: int, *, is_occupied: bool) -> None:
        if is_occupied:
            self.occupy(person_id, starts_at, ends_at)
        self.remember(person_id, starts_at, ends_at, minutes)


@given(st.lists(segments, max_size=12), st.lists(segments, min_size=1, max_size=6))
def test_packed_time_answers_as_known_time(added: list[Any], asked: list[Any]) -> None:
    packed, plain = PackedTime(), Unpacked()
    for person_id, start, length, minutes, is_occupied in added:
        for time in (packed, plain):
            time.add(person_id, at(start), at(start + length), minutes, is_occupied=is_occupied)
    for person_id, start, length, _minutes, _ in [*asked, *added]:
        segment = person_id, at(start), at(start + length)
        elsewhere = person_id, segment[1].astimezone(UTC), segment[2].astimezone(UTC)
        assert packed.look(*segment) == packed.look(*elsewhere) == plain.look(*segment)
        for days in range(-1, 5):
            day = (MONDAY + timedelta(days=days)).date()
            assert packed.is_occupied(person_id, day) == plain.is_occupied(person_id, day)


timed_rows = st.tuples(
    st.sampled_from([*PEOPLE, "x"]),
    st.integers(20, 96),
    st.integers(1, 40),
    st.sampled_from([0, 15, 60]),
    st.booleans(),
)


def row_of(number: int, said: Any) -> FileRow:
    who, start, length, minutes, is_timed = said
    times = (at(start), at(start + length)) if is_timed else (None, None)
    person = PEOPLE.get(who)
    name = person.name if person else "无人"
    columns = {"hours": "信用时数"}
    return FileRow("Sheet1", number, name, who, minutes, "导医", MONDAY.date(), *times, columns=columns)


def judged(rows: list[FileRow], time: Any, portion: int) -> list[Decision]:
    kind = FileKind.VERIFIED_DETAIL
    known = Knowledge(
        people=PEOPLE,
        by_name={},
        earlier={},
        elsewhere=frozenset(),
        repeated=frozenset(),
        sent=frozenset(),
        other_way=frozenset(),
        sums=frozenset(),
        summed=frozenset(),
        time=KnownTime(),
        actor_person_id=2,
        now=NOW,
    )
    judge = Judge(kind, known, _time=time)
    keyed = keyed_rows((row, canonical_row(row, kind)) for row in rows)
    found = []
    for first in range(0, len(keyed), portion):
        judge.known = known
        found += [judge.decide(one) for one in keyed[first : first + portion]]
    return found


@settings(max_examples=200)
@given(st.lists(timed_rows, max_size=30), st.integers(1, 7))
def test_rows_are_decided_as_before(said: list[Any], portion: int) -> None:
    rows = [row_of(number, one) for number, one in enumerate(said, start=2)]
    assert judged(rows, PackedTime(), portion) == judged(rows, Unpacked(), portion)


def test_rows_of_one_file_are_known_or_overlap_across_portions() -> None:
    who = next(iter(PEOPLE))
    said = [(who, 32, 8, 60, True), (who, 40, 8, 60, True), (who, 32, 8, 60, True), (who, 38, 4, 60, True)]
    rows = [row_of(number, one) for number, one in enumerate(said, start=2)]
    states = [one.state for one in judged(rows, PackedTime(), 1)]
    assert states == [RowState.CREDITED, RowState.CREDITED, RowState.ALREADY_KNOWN, RowState.HELD_BACK]


def test_the_times_of_a_long_file_take_little_memory() -> None:
    rows = 100_000
    time = PackedTime()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(rows):
            start = at(96 * (number // 4_000))
            time.add(number % 4_000, start, start + timedelta(hours=2), 120, is_occupied=True)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken <= rows * SEGMENT.size + BUCKETS * 64, f"{taken / rows:.0f} bytes a row"


def test_people_and_days_are_spread_over_the_buckets() -> None:
    time = PackedTime()
    for number in range(60_000):
        time.add(number % 4_000, at(96 * (number // 4_000)), at(96 * (number // 4_000) + 8), 120, is_occupied=True)
    assert max(len(bucket) for bucket in time._buckets) <= 16 * SEGMENT.size


@pytest.mark.parametrize("length", [0, 1, 999, 1_000, 1_001, 2_500])
def test_a_packed_list_reads_as_a_list(length: int) -> None:
    plain = [({"姓名": f"志愿者{number}"}, "为何") for number in range(length)]
    packed: PackedList[Any] = PackedList()
    for one in plain:
        packed.append(one)
    assert (len(packed), list(packed), bool(packed)) == (length, plain, bool(plain))
    assert packed[990:1_005] == plain[990:1_005]
    assert packed[:3] == plain[:3]
    if plain:
        assert (packed[0], packed[-1]) == (plain[0], plain[-1])
    with pytest.raises(IndexError):
        packed[length]
