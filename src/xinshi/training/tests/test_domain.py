"""Drawing, judging and dates, for whatever may come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.kernel.errors import Invalid
from xinshi.training.domain import (
    AnswersIncomplete,
    AnswersUnknown,
    Judged,
    NewQuestion,
    NoTriesLeft,
    QuestionKind,
    TooSoon,
    check_next_try,
    check_question,
    draw,
    judge,
    months_later,
)
from xinshi.training.formatting import as_html
from xinshi.training.serving import RANGE_BYTES_MAX, byte_range

BANKS = st.dictionaries(st.integers(1, 10**6), st.integers(2, 8), min_size=1, max_size=12)
PLACES = st.sets(st.integers(0, 7), min_size=1, max_size=8)


@given(BANKS, st.integers(1, 50), st.integers(0, 2**31 - 1))
def test_a_draw_is_fair_and_can_be_repeated(bank: dict[int, int], count: int, seed: int) -> None:
    drawn = draw(bank, count=count, seed=seed)
    assert drawn == draw(dict(reversed(bank.items())), count=count, seed=seed)
    ids = [row.question_id for row in drawn]
    assert len(ids) == len(set(ids)) == min(count, len(bank))
    assert set(ids) <= bank.keys()
    for row in drawn:
        assert sorted(row.order) == list(range(bank[row.question_id]))


def test_different_seeds_ask_different_questions() -> None:
    bank = dict.fromkeys(range(1, 31), 4)
    assert len({tuple(row.question_id for row in draw(bank, count=5, seed=seed)) for seed in range(50)}) > 45


@given(st.dictionaries(st.integers(1, 99), PLACES, min_size=1), st.data(), st.integers(1, 100))
def test_only_exactly_the_right_options_count(right: dict[int, set[int]], data: st.DataObject, percent: int) -> None:
    chosen = {key: data.draw(st.one_of(st.just(places), PLACES)) for key, places in right.items()}
    judged = judge(right, chosen, pass_percent=percent)
    number = sum(chosen[key] == places for key, places in right.items())
    assert judged.right_count == number
    assert judged.is_passed == (number / len(right) >= percent / 100 - 1e-12)
    assert judge(right, right, pass_percent=100).is_passed


@given(st.dictionaries(st.integers(1, 99), PLACES, min_size=1), st.data())
def test_what_is_open_or_was_not_asked_is_refused(right: dict[int, set[int]], data: st.DataObject) -> None:
    left_out = data.draw(st.sampled_from(sorted(right)))
    with pytest.raises(AnswersIncomplete):
        judge(right, {key: places for key, places in right.items() if key != left_out}, pass_percent=50)
    with pytest.raises(AnswersIncomplete):
        judge(right, {**right, left_out: set()}, pass_percent=50)
    with pytest.raises(AnswersUnknown):
        judge(right, {**right, 100: {0}}, pass_percent=50)


def test_a_percentage_is_rounded_down_and_nothing_is_not_passed() -> None:
    judged = Judged({1: True, 2: True, 3: False}, 67)
    assert (judged.percent, judged.is_passed) == (66, False)
    assert not Judged({}, 1).is_passed


@given(
    st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), max_size=6),  # noqa: DTZ001  # Aware below.
    st.integers(1, 6),
    st.integers(0, 600),
    st.integers(0, 10_000),
)
def test_a_next_try_waits_and_ends(moments: list[datetime], tries: int, wait: int, later: int) -> None:
    aware = [moment.replace(tzinfo=UTC) for moment in moments]
    at = (max(aware) if aware else datetime(2027, 1, 1, tzinfo=UTC)) + timedelta(minutes=later)
    if len(aware) >= tries:
        with pytest.raises(NoTriesLeft):
            check_next_try(aware, tries_max=tries, wait_minutes=wait, at=at)
    elif aware and later < wait:
        with pytest.raises(TooSoon) as refusal:
            check_next_try(aware, tries_max=tries, wait_minutes=wait, at=at)
        assert refusal.value.parameters["minutes"] == wait - later
    else:
        check_next_try(aware, tries_max=tries, wait_minutes=wait, at=at)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 240))
def test_a_certificate_holds_whole_months(day: date, months: int) -> None:
    last = months_later(day, months)
    gone = (last.year - day.year) * 12 + last.month - day.month
    assert last > day
    assert gone in (months, months - 1)
    assert months_later(day + timedelta(days=1), months) >= last


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2026, 11, 26), 12, date(2027, 11, 25)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 3, 1), 1, date(2026, 3, 31)),
    ],
)
def test_the_last_valid_day(day: date, months: int, last: date) -> None:
    assert months_later(day, months) == last


@pytest.mark.parametrize(
    "question",
    [
        NewQuestion(kind=QuestionKind.SINGLE, text="", options=(("甲", True), ("乙", False))),
        NewQuestion(kind=QuestionKind.SINGLE, text="题", options=(("甲", True),)),
        NewQuestion(kind=QuestionKind.SINGLE, text="题", options=(("甲", True), ("乙", True))),
        NewQuestion(kind=QuestionKind.MULTIPLE, text="题", options=(("甲", False), ("乙", False))),
        NewQuestion(kind=QuestionKind.MULTIPLE, text="题", options=(("甲", True), ("甲 ", False))),
        NewQuestion(kind=QuestionKind.TRUE_FALSE, text="题"),
        NewQuestion(kind=QuestionKind.TRUE_FALSE, text="题", is_true=True, options=(("对", True), ("错", False))),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused(question: NewQuestion) -> None:
    with pytest.raises(Invalid):
        check_question(question)


@given(st.text(max_size=300))
def test_a_lesson_is_only_text_with_headings_and_lists(text: str) -> None:
    made = as_html(text)
    for tag in ("h2", "h3", "ul", "ol", "li", "p", "strong"):
        made = made.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    assert "<" not in made.replace("<br>", "")
    assert ">" not in made.replace("<br>", "")


def test_what_a_lesson_may_look_like() -> None:
    text = "# 要点\n先看\n再做\n\n- **一**\n- <script>\n1. 甲\n## 完"
    assert as_html(text) == (
        "<h2>要点</h2>\n<p>先看<br>再做</p>\n<ul><li><strong>一</strong></li><li>&lt;script&gt;</li></ul>\n"
        "<ol><li>甲</li></ol>\n<h3>完</h3>"
    )


@given(st.integers(0, 10**8), st.integers(0, 10**8), st.integers(1, 10**8))
def test_a_range_lies_within_the_film(first: int, last: int, size: int) -> None:
    found = byte_range(f"bytes={first}-{last}", size)
    if first >= size or last < first:
        assert found is None
    else:
        assert found is not None
        start, end = found
        assert start == first
        assert first <= end <= min(last, size - 1)
        assert end - start < RANGE_BYTES_MAX


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-", (0, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=100-", None),
        ("bytes=-", None),
        ("bytes=1-2,5-6", None),
        ("lines=0-5", None),
        ("bytes=a-b", None),
        ("bytes=" + "9" * 80 + "-", None),
    ],
)
def test_ranges_that_players_send(header: str, found: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == found
