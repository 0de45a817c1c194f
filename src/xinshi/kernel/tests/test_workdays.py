"""Working days by the State Council's calendar, and what is done beyond it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.kernel import workdays

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 14), True),  # A Saturday worked for the Spring Festival.
        (date(2026, 2, 16), False),  # The eve of the Spring Festival, a Monday.
        (date(2026, 2, 24), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # A Saturday worked for the National Day.
        (date(2026, 11, 26), True),
        (date(2026, 11, 28), False),
    ],
)
def test_knows_the_holidays_of_2026_and_the_weekends_worked_for_them(day: date, works: bool) -> None:
    assert workdays.is_known(day)
    assert workdays.is_working_day(day) is works
    assert workdays.is_make_up_day(day) is (works and day.weekday() >= 5)


def test_names_a_holiday_in_both_languages() -> None:
    assert workdays.holiday_on(date(2026, 10, 1)) == workdays.PublicHoliday("国庆节", "National Day")
    assert workdays.holiday_on(date(2026, 10, 10)) is None
    assert workdays.holiday_on(date(2026, 11, 28)) is None


def test_ten_working_days_go_round_the_spring_festival() -> None:
    # From Thursday 12 February 2026: 13, 14 (made up), then 24 to 28 (the 28th is made up) and 2 to 4 March.
    assert workdays.working_days_after(date(2026, 2, 12), 10) == date(2026, 3, 4)
    assert workdays.working_days_between(date(2026, 2, 12), date(2026, 3, 4)) == 10


def test_years_not_announced_yet_fall_back_to_weekdays_and_say_so() -> None:
    far = date(workdays.LAST_KNOWN_YEAR + 3, 10, 1)
    assert not workdays.is_known(far)
    assert workdays.is_working_day(far) is (far.weekday() < 5)
    assert workdays.holiday_on(far) is None


@given(start=DAYS, number=st.integers(0, 60))
def test_the_day_after_n_working_days_is_n_working_days_away(start: date, number: int) -> None:
    end = workdays.working_days_after(start, number)
    assert workdays.working_days_between(start, end) == number
    assert number == 0 or workdays.is_working_day(end)
    assert workdays.working_days_between(end, start) == -number


@given(start=DAYS, length=st.integers(0, 400))
def test_counting_by_arithmetic_is_counting_day_by_day(start: date, length: int) -> None:
    walked = sum(workdays.is_working_day(start + timedelta(days=day)) for day in range(1, length + 1))
    assert workdays.working_days_between(start, start + timedelta(days=length)) == walked
