"""Repetition and copies by the hospital's calendar, for all inputs."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.activities.domain import SHIFTS_MAX, NewActivity, NewRole, NewShift
from xinshi.activities.patterns.domain import first_day, from_plan, moved, to_plan
from xinshi.activities.repeating import Repeat, Repetition, repeated
from xinshi.activities.requirements import Requirements
from xinshi.kernel import clock, workdays
from xinshi.kernel.errors import Invalid

DAYS = st.dates(min_value=date(2025, 1, 1), max_value=date(2028, 12, 31))
TIMES = st.tuples(st.times(), st.times()).filter(lambda pair: pair[0].replace(second=0) < pair[1].replace(second=0))


@st.composite
def shifts(draw: st.DrawFn, role: str = "") -> NewShift:
    starts, ends = sorted(moment.replace(second=0, microsecond=0, fold=0) for moment in draw(TIMES))
    day, places = draw(DAYS), draw(st.integers(1, 20))
    return NewShift(
        starts_at=clock.at_local(day, starts),
        ends_at=clock.at_local(day, ends),
        places=places,
        minimum=draw(st.integers(0, places)),
        reserve=draw(st.integers(0, 5)),
        role=role,
    )


def clock_time(shift: NewShift) -> time:
    return shift.starts_at.astimezone(clock.HOSPITAL_ZONE).time()


REPETITIONS = st.builds(
    Repetition,
    step=st.sampled_from(Repeat),
    until=DAYS,
    every_weeks=st.integers(1, 12),
    skips_holidays=st.booleans(),
)


@settings(max_examples=150)
@given(shift=shifts(), wanted=REPETITIONS)
def test_every_repetition_keeps_to_what_was_wanted(shift: NewShift, wanted: Repetition) -> None:
    try:
        found = repeated([shift], wanted)
    except Invalid:
        assert (wanted.until - clock.local_day(shift.starts_at)).days >= SHIFTS_MAX
        return
    first, days = clock.local_day(shift.starts_at), [clock.local_day(one.starts_at) for one in found.shifts]
    assert days == sorted(set(days)), "in order, no day twice"
    assert days[0] == first, "what was typed stays"
    assert 1 <= len(days) <= SHIFTS_MAX
    for day, one in zip(days, found.shifts, strict=True):
        assert clock_time(one) == clock_time(shift)
        assert one.ends_at - one.starts_at == shift.ends_at - shift.starts_at
        assert (one.places, one.minimum, one.reserve) == (shift.places, shift.minimum, shift.reserve)
        if day == first:
            continue
        assert first < day <= wanted.until
        assert wanted.step is not Repeat.WORKING_DAYS or workdays.is_working_day(day)
        assert wanted.step is not Repeat.WEEKLY or (day - first).days % (7 * wanted.every_weeks) == 0
        assert not (wanted.skips_holidays and workdays.holiday_on(day))
    assert all(workdays.holiday_on(day) and day not in days[1:] for day in found.skipped)
    if not found.is_certain:
        assert max(days).year > workdays.LAST_KNOWN_YEAR


@pytest.mark.parametrize(
    ("step", "every", "skips", "expected"),
    [
        # Monday 14 September 2026; the National Day runs from 1 to 7 October, 20 September and 10 October are worked.
        (Repeat.WEEKLY, 1, True, ["09-14", "09-21", "09-28", "10-12"]),
        (Repeat.WEEKLY, 2, False, ["09-14", "09-28", "10-12"]),
        (Repeat.WORKING_DAYS, 1, False, None),
    ],
)
def test_goes_round_the_national_day(step: Repeat, every: int, skips: bool, expected: list[str] | None) -> None:
    day = date(2026, 9, 14)
    shift = NewShift(starts_at=clock.at_local(day, time(9)), ends_at=clock.at_local(day, time(11)), places=3)
    wanted = Repetition(step=step, until=date(2026, 10, 12), every_weeks=every, skips_holidays=skips)
    found = [clock.local_day(one.starts_at) for one in repeated([shift], wanted).shifts]
    if expected is not None:
        assert [f"{one:%m-%d}" for one in found] == expected
        return
    assert date(2026, 9, 20) in found, "a Sunday that is worked"
    assert date(2026, 10, 10) in found, "a Saturday that is worked"
    assert not {date(2026, 10, number) for number in range(1, 8)} & set(found)


ROLES = (NewRole(name="甲", requirements=Requirements(qualifications=("nurse",), age_min=18)), NewRole(name="乙"))
ACTIVITIES = st.builds(
    NewActivity,
    title=st.just("义诊"),
    category=st.just("0004"),
    place=st.just("社区"),
    organizer_id=st.just(1),
    person_in_charge_id=st.just(1),
    roles=st.just(ROLES),
    shifts=st.lists(st.one_of(shifts("甲"), shifts("乙")), min_size=1, max_size=6).map(tuple),
    is_off_duty=st.booleans(),
)


@settings(max_examples=100)
@given(activity=ACTIVITIES, days=st.integers(-400, 400))
def test_a_copy_there_and_back_is_the_same_plan(activity: NewActivity, days: int) -> None:
    copied = moved(activity, days)
    assert first_day(copied) == first_day(activity) + timedelta(days=days)
    assert to_plan(copied) == to_plan(activity)
    assert moved(copied, -days).shifts == tuple(activity.shifts)
    assert not copied.is_off_duty, "the declaration is given anew"
    again = from_plan(to_plan(activity), first_day(activity))
    assert sorted(again.shifts, key=repr) == sorted(activity.shifts, key=repr)
    assert again.roles == activity.roles
