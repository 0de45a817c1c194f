"""The picture's geometry: every minute is drawn, nothing outside of the frame, twelve months whatever happens."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from xinshi.bank.picture import BASE, ROOM, WIDTH, draw, months_until

MONTH = st.tuples(st.integers(2015, 2026), st.integers(1, 12))
MINUTES = st.tuples(st.integers(0, 200_000), st.integers(0, 200_000)).filter(any)


def test_twelve_months_end_with_this_one() -> None:
    months = months_until(date(2026, 3, 31))
    assert (months[0], months[-1], len(months)) == (date(2025, 4, 1), date(2026, 3, 1), 12)


def test_shows_the_last_year_of_service_where_this_one_is_empty() -> None:
    picture = draw({(2024, 5): (60, 0), (2023, 1): (30, 0)}, today=date(2026, 3, 1))
    assert picture.last == date(2024, 5, 1)
    assert picture.minutes == 60


def test_an_empty_book_has_no_best_month() -> None:
    picture = draw({}, today=date(2026, 3, 1))
    assert (picture.best, picture.minutes, len(picture.columns)) == (None, 0, 12)


@given(st.dictionaries(MONTH, MINUTES, max_size=40), st.dates(date(2015, 1, 1), date(2026, 12, 31)))
def test_every_minute_of_the_year_is_in_the_picture(served: dict, today: date) -> None:
    picture = draw(served, today=today)
    assert len(picture.columns) == 12
    assert picture.minutes == picture.verified_minutes + picture.honorary_minutes
    for column in picture.columns:
        assert (column.verified_minutes, column.honorary_minutes) == served.get(
            (column.day.year, column.day.month), (0, 0)
        )
        height = column.verified_height + column.honorary_height
        assert 0 <= height <= ROOM
        assert (height > 0) == (column.minutes > 0)
        assert 0 < column.figure_y <= BASE
        assert 0 <= column.x < WIDTH
    if picture.best:
        assert picture.best.minutes == max(column.minutes for column in picture.columns)
