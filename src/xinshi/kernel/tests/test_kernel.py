"""The ground floor: minutes, the clock, identifiers, codes, refusals, events."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from xinshi.kernel import clock
from xinshi.kernel.actor import ANONYMOUS, Actor, Role
from xinshi.kernel.codes import IDENTITY_DOCUMENTS, SERVICE_CATEGORIES, code_for_label, label_for
from xinshi.kernel.errors import DomainError
from xinshi.kernel.events import Event, event_class
from xinshi.kernel.ids import (
    SHORT_CODE_ALPHABET,
    grouped_code,
    has_valid_check_digit,
    new_short_code,
    normalized_code,
    with_check_digit,
)
from xinshi.kernel.minutes import (
    HoursNotReadable,
    hours_decimal,
    hours_figure,
    minutes_from_hours,
    tenths_of_hours,
)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("2.5", 150),
        ("１．５", 90),
        (" 3 小时 ", 180),
        ("3h", 180),
        ("1 hour", 60),
        (Decimal("0.1"), 6),
        (14.5, 870),
        ("0", 0),
        ("0.008", 0),
        ("0.0084", 1),
        ("100000", 6_000_000),
    ],
)
def test_reads_hours_as_people_write_them(written: object, minutes: int) -> None:
    assert minutes_from_hours(written) == minutes


@pytest.mark.parametrize("written", ["", "x", "-1", "nan", "inf", "1e9", "100000.1", "2,5", "1:30", "--", "0x10"])
def test_refuses_what_is_no_number_of_hours(written: str) -> None:
    with pytest.raises(HoursNotReadable):
        minutes_from_hours(written)


@given(st.integers(0, 6_000_000))
def test_minutes_survive_the_trip_through_two_decimals_of_hours(minutes: int) -> None:
    assert minutes_from_hours(hours_decimal(minutes)) == minutes


@given(st.integers(0, 10**9))
def test_tenths_of_hours_lose_nothing(minutes: int) -> None:
    tenths, rest = tenths_of_hours(minutes)
    assert tenths * 6 + rest == minutes
    assert 0 <= rest < 6


@pytest.mark.parametrize(
    ("minutes", "figure"),
    [
        (0, "0"),
        (750, "12.5"),
        (66_600, "1110"),
        (20, "0.33"),
        (600_000, "10,000"),
        (-750, "-12.5"),
        (6_000_030, "100,000.5"),
    ],
)
def test_shows_hours_in_the_shortest_figure(minutes: int, figure: str) -> None:
    assert hours_figure(minutes) == figure


def test_the_day_is_the_hospitals() -> None:
    with time_machine.travel(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)):
        assert clock.today() == date(2026, 11, 23)
        assert clock.now().tzinfo is UTC
    assert clock.local_day(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert clock.at_local(date(2026, 11, 22), time(8)) == datetime(2026, 11, 22, 0, tzinfo=UTC)


@given(st.dates(date(1950, 1, 1), date(2200, 1, 1)))
def test_a_day_ends_where_the_next_begins(day: date) -> None:
    first, following = clock.day_bounds(day)
    assert (clock.local_day(first), clock.local_day(following - timedelta(microseconds=1))) == (day, day)
    assert following == clock.day_bounds(day + timedelta(days=1))[0]


def test_a_begun_minute_does_not_count() -> None:
    start = datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert clock.whole_minutes_between(start, start + timedelta(minutes=59, seconds=59)) == 59
    assert clock.whole_minutes_between(start, start + timedelta(hours=1)) == 60


def test_a_typed_code_finds_the_printed_one() -> None:
    code = new_short_code()
    assert len(code) == 10
    assert set(code) <= set(SHORT_CODE_ALPHABET)
    assert not set("01ILO") & set(SHORT_CODE_ALPHABET)
    assert normalized_code(f" {grouped_code(code).lower()} ") == code
    assert len({new_short_code() for _ in range(1_000)}) == 1_000


@given(st.from_regex(r"[0-9]{1,20}", fullmatch=True), st.data())
def test_a_mistyped_digit_is_noticed(digits: str, data: st.DataObject) -> None:
    number = with_check_digit(digits)
    assert has_valid_check_digit(number)
    place = data.draw(st.integers(0, len(number) - 1))
    other = str((int(number[place]) + data.draw(st.integers(1, 9))) % 10)
    assert not has_valid_check_digit(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("typed", ["", "8６000000001", "86-000", "abc"])
def test_what_is_no_number_has_no_valid_check_digit(typed: str) -> None:
    assert not has_valid_check_digit(typed)


def test_the_code_lists_are_the_ministrys() -> None:
    assert len(SERVICE_CATEGORIES) == 22
    for table in (SERVICE_CATEGORIES, IDENTITY_DOCUMENTS):
        for place in range(3):
            assert len({entry[place] for entry in table}) == len(table)
    assert label_for(SERVICE_CATEGORIES, "0004", chinese=True) == "卫生健康"
    assert label_for(SERVICE_CATEGORIES, "7777", chinese=False) == "7777"
    for label in ("0004", "卫生健康", " health "):
        assert code_for_label(SERVICE_CATEGORIES, label) == "0004"
    assert code_for_label(SERVICE_CATEGORIES, "烹饪") is None


def test_who_acts_has_their_roles_and_the_system_all() -> None:
    clerk = Actor(reference="user:1", user_id=1, roles=frozenset({Role.CLERK}))
    assert (clerk.has(Role.CLERK), clerk.has(Role.AUDITOR, Role.CLERK), clerk.has(Role.AUDITOR)) == (True, True, False)
    assert Actor.system("import").has(Role.ADMINISTRATOR)
    assert Actor.system("import").reference == "system:import"
    assert not ANONYMOUS.has(*Role)


def test_a_refusal_carries_its_code_and_what_fills_its_sentence() -> None:
    class Full(DomainError):
        code = "full"
        message = "%(title)s is full."

    refusal = Full(title="导医")
    assert (str(refusal), refusal.parameters, refusal.status) == ("full: 导医 is full.", {"title": "导医"}, 409)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Served(Event):
    name: ClassVar[str] = "tests.served"
    person_id: int
    worked_on: date
    at: datetime
    until: date | None = None


def test_an_event_survives_the_trip_through_the_outbox() -> None:
    event = Served(person_id=1, worked_on=date(2026, 11, 22), at=datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert event_class("tests.served").from_json(event.to_json()) == event


def test_an_event_carries_nothing_but_plain_values() -> None:
    with pytest.raises(TypeError):
        Served(person_id=object(), worked_on=date(2026, 11, 22), at=clock.now()).to_json()
    with pytest.raises(KeyError):
        event_class("tests.unknown")
