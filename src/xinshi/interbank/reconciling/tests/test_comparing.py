"""Two lists side by side: every entry ends in exactly one place, whichever side looks."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.documents.workbook import write_workbook
from xinshi.interbank.reconciling.domain import Entry, State, Stream, compare
from xinshi.interbank.reconciling.listing import COLUMNS, ListNotReadable, NoList, theirs_from_file
from xinshi.interbank.reconciling.tests.conftest import entry, listed

pytestmark = pytest.mark.any_database
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
entries = st.builds(
    entry,
    st.sampled_from("abc"),
    stream=st.sampled_from(Stream),
    type=st.sampled_from(["transfer", "request"]),
    message=st.sampled_from(["0" * 64, "1" * 64]),
    minutes=st.sampled_from([60, 120]),
    state=st.sampled_from(State),
    sent_at=st.sampled_from([NOW - timedelta(hours=3), NOW - timedelta(days=3)]),
)
lists = st.lists(entries, max_size=12)


@settings(max_examples=80)
@given(ours=lists, theirs=lists)
def test_every_entry_of_both_lists_ends_in_exactly_one_place(ours: list[Entry], theirs: list[Entry]) -> None:
    found = compare(ours, theirs, now=NOW)
    pairs = [
        *found.matched,
        *found.only_here,
        *found.only_there,
        *found.differs,
        *found.still_open,
    ]
    assert Counter(pair.ours for pair in pairs if pair.ours) == Counter(ours)
    assert Counter(pair.theirs for pair in pairs if pair.theirs) == Counter(theirs)
    assert all(not pair.differing and pair.ours and pair.theirs for pair in found.matched)
    assert all(pair.differing for pair in found.differs)
    assert all(pair.ours and not pair.theirs for pair in found.only_here)
    assert all(pair.theirs and not pair.ours for pair in found.only_there)


@settings(max_examples=80)
@given(ours=lists, theirs=lists)
def test_what_is_booked_for_theirs_makes_both_sides_say_the_same(ours: list[Entry], theirs: list[Entry]) -> None:
    found = compare(ours, theirs, now=NOW)
    for stream in Stream:
        owed = sum(pair.owed_minutes for _, pair in found.differences if pair.some.stream is stream)
        open_ones = sum(pair.owed_minutes for pair in found.still_open if pair.some.stream is stream)
        here = sum(one.moved_minutes for one in ours if one.stream is stream)
        there = sum(one.moved_minutes for one in theirs if one.stream is stream)
        assert here + owed + open_ones == there


@settings(max_examples=80)
@given(ours=lists, theirs=lists)
def test_the_other_side_sees_the_same_mirrored(ours: list[Entry], theirs: list[Entry]) -> None:
    here = compare(ours, theirs, now=NOW)
    there = compare([one.seen_from_there for one in theirs], [one.seen_from_there for one in ours], now=NOW)
    assert len(here.matched) == len(there.matched)
    assert len(here.only_here) == len(there.only_there)
    assert len(here.only_there) == len(there.only_here)
    assert len(here.differs) == len(there.differs)


@settings(max_examples=80)
@given(ours=lists)
def test_a_list_agrees_with_itself(ours: list[Entry]) -> None:
    found = compare(ours, list(reversed(ours)), now=NOW)
    assert len(found.matched) == len(ours)
    assert not list(found.differences)
    assert not found.still_open


def test_what_is_open_is_a_difference_only_after_a_day() -> None:
    young = entry(state=State.OPEN, sent_at=NOW - timedelta(hours=23))
    old = replace(young, sent_at=NOW - timedelta(hours=25))
    assert len(compare([young], [replace(young, state=State.APPLIED)], now=NOW).still_open) == 1
    assert len(compare([young], [], now=NOW).still_open) == 1
    (pair,) = compare([old], [replace(old, state=State.APPLIED)], now=NOW).differs
    assert pair.differing == ("state",)
    assert pair.owed_minutes == 120


ROWS = listed([entry("a"), entry("b", stream=Stream.OUT, kind="honorary", state=State.REFUSED)])


def as_sheet(rows: list[dict[str, object]]) -> bytes:
    return write_workbook(
        sheet_name="list",
        headers=COLUMNS,
        rows=[[str(row[name]) for name in COLUMNS] for row in rows],
        preamble=("river 2026-11",),
    )


def as_csv(rows: list[dict[str, object]]) -> bytes:
    return "\r\n".join([",".join(COLUMNS), *(",".join(str(row[name]) for name in COLUMNS) for row in rows)]).encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("list.xlsx", as_sheet(ROWS)),
        ("list.csv", as_csv(ROWS)),
        ("list.json", json.dumps(ROWS).encode()),
        ("list.json", json.dumps({"entries": ROWS}).encode()),
        ("answer.json", json.dumps({"envelopes": [{"body": {"entries": ROWS}, "signature": {}}]}).encode()),
    ],
)
def test_a_list_reads_the_same_from_every_kind_of_file(name: str, data: bytes) -> None:
    assert theirs_from_file(data, file_name=name) == [
        entry("a"),
        entry("b", stream=Stream.OUT, kind="honorary", state=State.REFUSED),
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [("direction", "in"), ("type", "gift"), ("key", "T1"), ("message", "xyz"), ("minutes", "1.5"), ("minutes", "0"),
     ("minutes", "-5"), ("kind", ""), ("sent_at", "yesterday"), ("state", "done")],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_named(column: str, value: str) -> None:
    rows = [dict(ROWS[0]), {**ROWS[1], column: value}]
    for name, data in (("list.csv", as_csv(rows)), ("list.json", json.dumps(rows).encode())):
        with pytest.raises(ListNotReadable) as refusal:
            theirs_from_file(data, file_name=name)
        assert refusal.value.parameters == {"row": 2, "column": column}


@pytest.mark.parametrize("data", [b"{", b"[1]", b'{"entries": 5}', b'{"envelopes": []}', b"[" * 100_000, b"a,b\n1,2"])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(NoList):
        theirs_from_file(data, file_name="list.txt")
