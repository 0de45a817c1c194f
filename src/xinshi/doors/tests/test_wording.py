"""Refusals say days, and hours are said, as people read them."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from xinshi.doors.pages import refusal_text
from xinshi.doors.wording import hours_text
from xinshi.kernel.errors import DomainError


class Elsewhen(DomainError):
    message = "Come on %(day)s."


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Come on Thu 26 Nov 2026."), ("zh-hans", "Come on 2026年11月26日（周四）.")]
)
def test_a_day_in_a_refusal_is_said_in_the_readers_words(language: str, sentence: str) -> None:
    with translation.override(language):
        assert refusal_text(Elsewhen(day=date(2026, 11, 26))) == sentence


@pytest.mark.parametrize(
    ("minutes", "english", "chinese"),
    [(60, "1 hour", "1 小时"), (30, "0.5 hours", "0.5 小时"), (90, "1.5 hours", "1.5 小时"), (0, "0 hours", "0 小时")],
)
def test_one_hour_is_one_hour(minutes: int, english: str, chinese: str) -> None:
    with translation.override("en"):
        assert hours_text(minutes) == english
    with translation.override("zh-hans"):
        assert hours_text(minutes) == chinese
