"""What decides who may take a place, and when somebody can come."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from xinshi.archive.actions import ensure_kinds, grant_many
from xinshi.archive.availability import (
    NOTHING_SAID,
    QUARTER_HOURS,
    WEEKLY_MAX,
    Availability,
    AvailabilityException,
    cells_of,
    quarters_between,
    weekly_of,
)
from xinshi.archive.domain import (
    NO_LIMITS,
    UNLIMITED,
    Category,
    Grant,
    Limits,
    NewKind,
    covered_until,
    last_days,
    makes_a_circle,
)
from xinshi.archive.models import Profile
from xinshi.archive.queries import facts
from xinshi.kernel import clock
from xinshi.kernel.clock import HOSPITAL_ZONE
from xinshi.people.actions import NewPerson, register_people
from xinshi.people.tests.conftest import SYSTEM, Cast

MONDAY = date(2026, 3, 2)
MORNING, AFTERNOON, EVENING = 1, 2, 3


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=HOSPITAL_ZONE)


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
exceptions = st.builds(
    lambda first, length, is_free: AvailabilityException(first, first + timedelta(days=length), is_free),
    days,
    st.integers(0, 20),
    st.booleans(),
)
availabilities = st.builds(
    Availability, st.none() | st.integers(0, WEEKLY_MAX), st.lists(exceptions, max_size=4).map(tuple)
)
times = st.tuples(days, st.integers(0, 24 * 60 - 1), st.integers(1, 3 * 24 * 60)).map(
    lambda drawn: (
        moment(drawn[0], 0) + timedelta(minutes=drawn[1]),
        moment(drawn[0], 0) + timedelta(minutes=drawn[1] + drawn[2]),
    )
)


@given(weekly=st.integers(0, WEEKLY_MAX))
def test_a_weekly_pattern_is_its_cells(weekly: int) -> None:
    assert weekly_of(cells_of(weekly)) == weekly


@given(when=times)
def test_the_quarters_of_a_time_are_those_it_touches(when: tuple[datetime, datetime]) -> None:
    starts, ends = when
    minutes = [starts + timedelta(minutes=n) for n in range(int((ends - starts).total_seconds() // 60))]
    touched = {
        (one.astimezone(HOSPITAL_ZONE).date(), one.astimezone(HOSPITAL_ZONE).hour // QUARTER_HOURS) for one in minutes
    }
    found = list(quarters_between(starts, ends))
    assert set(found) == touched
    assert len(found) == len(touched)


@given(availability=availabilities, when=times)
def test_free_for_a_time_is_free_in_each_of_its_minutes(
    availability: Availability, when: tuple[datetime, datetime]
) -> None:
    starts, ends = when
    step = timedelta(minutes=60)
    parts, at = [], starts
    while at < ends:
        parts.append(availability.is_free(at, min(at + step, ends)))
        at += step
    whole = availability.is_free(starts, ends)
    if whole is True:
        assert set(parts) == {True}
    elif whole is False:
        assert False in parts
    else:
        assert False not in parts
        assert None in parts


@given(availability=availabilities, when=times, exception=exceptions)
def test_one_more_day_off_never_makes_anybody_freer(
    availability: Availability, when: tuple[datetime, datetime], exception: AvailabilityException
) -> None:
    off = AvailabilityException(exception.first, exception.last, is_free=False)
    before = availability.is_free(*when)
    after = Availability(availability.weekly, (*availability.exceptions, off)).is_free(*when)
    touched = any(off.covers(day) for day, _ in quarters_between(*when))
    assert after == (False if touched else before)


@given(when=times)
def test_who_said_nothing_is_not_known_to_be_free(when: tuple[datetime, datetime]) -> None:
    assert NOTHING_SAID.is_free(*when) is None


def test_a_shift_over_noon_needs_both_halves_of_the_day() -> None:
    mornings = Availability(weekly_of([(0, MORNING)]))
    assert mornings.is_free(moment(MONDAY, 8, 30), moment(MONDAY, 12)) is True
    assert mornings.is_free(moment(MONDAY, 8, 30), moment(MONDAY, 12, 30)) is False
    both = Availability(weekly_of([(0, MORNING), (0, AFTERNOON)]))
    assert both.is_free(moment(MONDAY, 8, 30), moment(MONDAY, 12, 30)) is True
    assert both.is_free(moment(MONDAY + timedelta(days=1), 9), moment(MONDAY + timedelta(days=1), 10)) is False


def test_exceptions_win_over_the_week_and_cannot_wins_over_can() -> None:
    evening = (moment(MONDAY, 19), moment(MONDAY, 20))
    can = AvailabilityException(MONDAY, MONDAY, is_free=True)
    cannot = AvailabilityException(MONDAY, MONDAY + timedelta(days=6), note="考试周")
    assert Availability(0, (can,)).is_free(*evening) is True
    assert Availability(weekly_of([(0, EVENING)]), (cannot,)).is_free(*evening) is False
    assert Availability(None, (can, cannot)).is_free(*evening) is False
    assert AvailabilityException.from_stored(cannot.as_stored()) == cannot


codes = st.sampled_from("abcdefg")
graphs = st.dictionaries(codes, st.sets(codes, max_size=4), max_size=7)


def reachable(includes: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    for _ in range(8):
        found |= includes.get(start, set()) | {two for one in found for two in includes.get(one, set())}
    return found


@given(includes=graphs)
def test_a_circle_is_a_kind_that_reaches_itself(includes: dict[str, set[str]]) -> None:
    assert makes_a_circle(includes) == any(start in reachable(includes, start) for start in includes)


@given(includes=graphs, held=st.lists(st.tuples(codes, days), max_size=6))
def test_whoever_has_a_qualification_has_what_it_includes_as_long(
    includes: dict[str, set[str]], held: list[tuple[str, date]]
) -> None:
    found = last_days(held, includes)
    expected: dict[str, date] = {}
    for code, last in held:
        for one in {code} | reachable(includes, code):
            expected[one] = max(expected.get(one, date.min), last)
    assert found == expected


@given(periods=st.lists(st.tuples(days, days).map(sorted), max_size=5), today=days)
def test_what_is_covered_is_covered_on_every_day(periods: list[list[date]], today: date) -> None:
    spans = [(first, last) for first, last in periods]
    found = covered_until(spans, today=today)

    def is_covered(day: date) -> bool:
        return any(first <= day <= last for first, last in spans)

    if found is None or found < today:
        assert not is_covered(today)
        assert found is None or is_covered(found)
        assert not any(
            is_covered(today - timedelta(days=n)) for n in range((today - (found or date(2025, 12, 31))).days)
        )
    else:
        assert all(is_covered(today + timedelta(days=n)) for n in range((found - today).days + 1))
        assert not is_covered(found + timedelta(days=1))


def test_insurance_that_begins_later_does_not_count_today(cast: Cast) -> None:
    ensure_kinds(actor=SYSTEM, kinds=[NewKind(code="insurance", name="保险", category=Category.INSURANCE)])
    today = clock.today()

    def insure(first: int, last: int, ref: str) -> None:
        grant = Grant(
            person_id=cast.li.person_id,
            code="insurance",
            issued_on=today + timedelta(days=first),
            expires_on=today + timedelta(days=last),
            source_ref=ref,
        )
        grant_many(actor=SYSTEM, grants=[grant])

    insure(10, 20, "test:later")
    assert not facts([cast.li.person_id])[cast.li.person_id].has("insurance", today + timedelta(days=15))
    insure(-5, 9, "test:now")
    assert facts([cast.li.person_id])[cast.li.person_id].has("insurance", today + timedelta(days=20))


def test_facts_of_who_said_nothing_bind_nobody(cast: Cast) -> None:
    found = facts([cast.li.person_id])[cast.li.person_id]
    assert (found.limits, found.availability, found.sites, found.skills) == (NO_LIMITS, NOTHING_SAID, None, {})
    assert found.can_reach("east") is None
    assert not found.has("insurance", MONDAY)


def test_facts_tell_profile_and_qualifications(cast: Cast) -> None:
    ensure_kinds(
        actor=SYSTEM,
        kinds=[
            NewKind(code="first-aid", name="急救员证", category=Category.CERTIFICATE),
            NewKind(code="nurse", name="护士执业证", category=Category.LICENCE, includes=("first-aid",)),
        ],
    )
    grant_many(
        actor=SYSTEM,
        grants=[
            Grant(person_id=cast.li.person_id, code="nurse", issued_on=MONDAY, source_ref="test:1"),
            Grant(
                person_id=cast.wang.person_id,
                code="first-aid",
                issued_on=MONDAY,
                expires_on=MONDAY + timedelta(days=30),
                source_ref="test:2",
            ),
        ],
    )
    off = AvailabilityException(MONDAY, MONDAY)
    Profile.objects.create(
        person_id=cast.li.person_id,
        weekly=weekly_of([(0, MORNING)]),
        exceptions=[off.as_stored()],
        sites=["east"],
        skills={"sign-language": 3},
        limits_said_at=clock.now(),
        minutes_a_week_max=240,
        shifts_a_week_max=2,
        takes_nights=False,
        changed_at=clock.now(),
        changed_by_ref="system:tests",
    )
    found = facts([cast.li.person_id, cast.wang.person_id])
    li, wang = found[cast.li.person_id], found[cast.wang.person_id]
    assert li.limits == Limits(minutes_a_week_max=240, shifts_a_week_max=2, takes_nights=False)
    assert li.availability == Availability(weekly_of([(0, MORNING)]), (off,))
    assert (li.can_reach("east"), li.can_reach("west"), li.skills) == (True, False, {"sign-language": 3})
    assert li.qualifications == {"nurse": UNLIMITED, "first-aid": UNLIMITED}
    assert wang.has("first-aid", MONDAY + timedelta(days=30))
    assert not wang.has("first-aid", MONDAY + timedelta(days=31))
    assert not wang.has("nurse", MONDAY)


@pytest.mark.parametrize("count", [1, 40])
def test_facts_take_three_queries_for_up_to_500_people_and_two_for_one(
    db: None, django_assert_num_queries, count: int
) -> None:
    ids = register_people(actor=SYSTEM, people=[NewPerson(name=f"志愿者{n}") for n in range(count)])
    once = 1 if count == 1 else 2
    with django_assert_num_queries(once):  # Nobody has anything that could include something else.
        assert len(facts(ids)) == count
    ensure_kinds(actor=SYSTEM, kinds=[NewKind(code="nurse", name="护士执业证", category=Category.LICENCE)])
    grants = [Grant(person_id=pk, code="nurse", issued_on=clock.today(), source_ref=f"test:{pk}") for pk in ids]
    grant_many(actor=SYSTEM, grants=grants)
    with django_assert_num_queries(once + 1):
        assert len(facts(ids)) == count


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekly": WEEKLY_MAX + 1},
        {"minutes_a_week_max": 0},
        {"takes_nights": False},
        {"emergency_name": "王"},
        {"emergency_relation": "parent"},
    ],
)
def test_the_database_refuses_a_profile_that_makes_no_sense(cast: Cast, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Profile.objects.create(
            person_id=cast.li.person_id, changed_at=clock.now(), changed_by_ref="system:tests", **wrong
        )
    assert not Profile.objects.exists()
