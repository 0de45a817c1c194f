"""Refusals say days as people read them."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError


class Elsewhen(DomainError):
    message = "Come on %(day)s."


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Come on Thu 26 Nov 2026."), ("zh-hans", "Come on 2026年11月26日（周四）.")]
)
def test_a_day_in_a_refusal_is_said_in_the_readers_words(language: str, sentence: str) -> None:
    with translation.override(language):
        assert refusal_text(Elsewhen(day=date(2026, 11, 26))) == sentence
