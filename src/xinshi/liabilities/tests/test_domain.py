"""Ages, rates and the forecast, as plain figures."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.bank.timeline import ExpiryRule
from xinshi.liabilities.domain import (
    FORECAST_MONTHS,
    Age,
    Flow,
    age_of,
    expected,
    forecast,
    full_months,
    kind_of,
    months_before,
    months_of,
    percent,
)

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("worked_on", "age"),
    [
        (date(2026, 12, 31), Age.TO_3),
        (date(2026, 11, 25), Age.TO_3),
        (date(2026, 8, 26), Age.TO_3),
        (date(2026, 8, 25), Age.TO_6),
        (date(2026, 5, 26), Age.TO_6),
        (date(2026, 5, 25), Age.TO_12),
        (date(2025, 11, 26), Age.TO_12),
        (date(2025, 11, 25), Age.TO_24),
        (date(2024, 11, 26), Age.TO_24),
        (date(2024, 11, 25), Age.OLDER),
        (date(1990, 1, 1), Age.OLDER),
    ],
)
def test_an_age_begins_with_the_day_on_which_its_months_are_full(worked_on: date, age: Age) -> None:
    assert age_of(worked_on, TODAY) is age


def test_minutes_that_nobody_deposited_were_received() -> None:
    kinds = ["deposit_verified", "deposit_honorary", "gift", "grant", "donation", "group_hours", "over_cap", "merge"]
    assert [kind_of(kind).value for kind in kinds] == ["verified", "honorary"] + ["received"] * 6


@pytest.mark.parametrize(
    ("part", "whole", "expected_percent"),
    [(0, 0, None), (1, 0, None), (1, 3, 33), (2, 3, 67), (1, 200, 1), (5, 5, 100)],
)
def test_a_share_is_rounded_to_the_nearest(part: int, whole: int, expected_percent: int | None) -> None:
    assert percent(part, whole) == expected_percent


def test_months_are_tenths_and_none_where_nothing_goes_out() -> None:
    assert (months_of(100, 40), months_of(-5, 40), months_of(100, 0)) == (25, 0, None)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(-40, 40))
def test_months_go_back_and_forth(day: date, number: int) -> None:
    month = day.replace(day=1)
    assert months_before(months_before(month, number), -number) == month


def steady(months: int, *, deposited: int = 600, redeemed: int = 100) -> list[Flow]:
    first = months_before(TODAY.replace(day=1), months)
    return [Flow(months_before(first, -n), deposited=deposited, redeemed=redeemed) for n in range(months)]


def test_full_months_have_no_gaps_and_leave_out_the_present_one() -> None:
    flows = [
        Flow(date(2026, 7, 1), deposited=5),
        Flow(date(2026, 9, 1), deposited=7),
        Flow(date(2026, 11, 1), redeemed=1),
    ]
    months = full_months(flows, today=TODAY)
    assert [(flow.month.month, flow.deposited) for flow in months] == [(7, 5), (8, 0), (9, 7), (10, 0)]
    assert len(full_months(steady(40), today=TODAY)) == 24


def test_what_a_month_may_bring_weighs_the_last_year_and_the_same_month_of_it() -> None:
    history = {months_before(date(2026, 11, 1), n): 120 for n in range(1, 13)} | {date(2025, 12, 1): 480}
    assert expected(history, date(2027, 1, 1)) == (150 + 120) // 2
    assert expected(history, date(2026, 12, 1)) == (150 + 480) // 2
    assert expected(history, date(2028, 1, 1)) == 150


def test_a_steady_bank_goes_on_steadily_without_a_band() -> None:
    coming = forecast(steady(12), {date(2026, 10, 1): 6_000}, today=TODAY, rule=None)
    assert len(coming) == FORECAST_MONTHS
    assert [row.outstanding for row in coming] == [6_000 + 500 * n for n in range(1, 13)]
    assert all(row.low == row.outstanding == row.high for row in coming)
    assert (coming[0].month, coming[-1].month) == (date(2026, 12, 1), date(2027, 11, 1))


def test_with_too_little_history_there_is_no_forecast() -> None:
    assert forecast(steady(2), {date(2026, 10, 1): 6_000}, today=TODAY, rule=None) == []
    assert forecast([], {}, today=TODAY, rule=None) == []


def test_the_oldest_are_redeemed_before_they_run_out() -> None:
    """150 minutes of January 2025 last until the end of January 2027; 100 are redeemed in December, 50 in January."""
    rule = ExpiryRule(months=24, not_before=date(2025, 1, 1))
    lots = {date(2025, 1, 10): 250, date(2026, 10, 1): 1_000}
    coming = forecast(steady(12), lots, today=TODAY, rule=rule)
    assert [(row.redeemed, row.expired) for row in coming[:3]] == [(100, 0), (100, 50), (100, 0)]
    assert coming[2].outstanding == 1_250 + 3 * 500 - 50


def test_nothing_is_redeemed_that_is_not_there_and_the_band_grows_with_the_root_of_the_months() -> None:
    flows = [Flow(months_before(date(2026, 11, 1), n), deposited=100 if n % 2 else 0, redeemed=0) for n in range(1, 13)]
    coming = forecast(flows, {}, today=TODAY, rule=None)
    spreads = [row.high - row.outstanding for row in coming]
    assert (spreads[0], spreads[3]) == (52, 104)
    starved = forecast(steady(12, deposited=0), {date(2026, 1, 1): 150}, today=TODAY, rule=None)
    assert [row.redeemed for row in starved[:3]] == [100, 50, 0]
    assert min(row.low for row in starved) == 0


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)), min_size=3, max_size=30),
    st.dictionaries(st.dates(date(2022, 1, 1), TODAY), st.integers(1, 10_000), max_size=20),
    st.one_of(st.none(), st.integers(1, 60)),
)
def test_a_forecast_adds_up_month_by_month(
    history: list[tuple[int, int]], lots: dict[date, int], expiry: int | None
) -> None:
    first = months_before(date(2026, 11, 1), len(history))
    flows = [Flow(months_before(first, -n), deposited=a, redeemed=b) for n, (a, b) in enumerate(history)]
    rule = ExpiryRule(expiry, date(2026, 1, 1)) if expiry else None
    before = sum(lots.values())
    for row in forecast(flows, lots, today=TODAY, rule=rule):
        assert row.outstanding == before + row.deposited - row.redeemed - row.expired >= 0
        assert 0 <= row.low <= row.outstanding <= row.high
        before = row.outstanding
