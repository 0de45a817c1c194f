"""Sentences that stand one behind the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import engines
from django.utils.translation import override

TEMPLATES = Path(__file__).resolve().parent.parent.parent
END_OF_SENTENCE = r"""(?:[.!?]\s*["']|[.!?]\{% endblocktranslate)\s*%\}"""
BARE_BLANK = re.compile(END_OF_SENTENCE + r" +\{% (?:block)?translate")


@pytest.mark.parametrize(("language", "expected"), [("zh-hans", "一。二。"), ("en", "一。 二。")])
def test_a_blank_stands_between_sentences_where_the_language_has_one(language: str, expected: str) -> None:
    with override(language):
        assert engines["django"].from_string("一。{% gap %}二。").render() == expected


def test_no_template_writes_that_blank_itself() -> None:
    found = [
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.glob("*/templates/**/*.html")
        if BARE_BLANK.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
