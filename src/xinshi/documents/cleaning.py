"""Text of cells made plain, for both sides of the parsing process: nothing of the site is loaded here."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from typing import Final

CELL_SIGNS_MAX: Final = 2_000
EXACT_NUMBER_MAX: Final = 10**15
"""Spreadsheet programs keep fifteen digits of a number; a longer one was rounded before it came here."""
ROUNDED_TEXT: Final = re.compile(r"\d(\.\d+)?E\+(0[5-9]|[1-9]\d)|\d\.\d+E\d{2}", re.IGNORECASE)
"""What programs write for a long number: a spreadsheet program 4.30399E+17 into CSV, Java 4.30399E17."""
PLAIN_CHINESE: Final = re.compile(r"[\u4e00-\u9fff0-9A-Za-z]*")
INVISIBLE_SIGNS: Final = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Without width, or marks of the direction of writing, which come along with what is copied from a window."""
TEXT_MARK: Final = re.compile(r"'[=+\-@\d\s]")
"""The apostrophe by which people, and `workbook.neutralised`, say that a cell is text."""
TEXT_FORMULA: Final = re.compile(r'="([^"]*)"')
"""The formula by which many an export keeps a long number in CSV from being rounded."""
ROUNDED_NUMBER: Final = "#ROUNDED#"
"""Stands in a cell whose long number the sender's program had already rounded; importers reject it with a reason."""
CLEANED_KEPT_MAX: Final = 20_000


def clean_text(value: object) -> str:
    """NFKC, without invisible signs, runs of spaces as one, trimmed, at most CELL_SIGNS_MAX signs."""
    text = str(value)
    if not (text.isascii() and text.isalnum()) and not PLAIN_CHINESE.fullmatch(text):
        text = _without_oddities(text)
    text = text[:CELL_SIGNS_MAX]
    if TEXT_MARK.match(text):
        text = text[1:].lstrip()
    elif formula := TEXT_FORMULA.fullmatch(text):
        text = formula[1].strip()
    return ROUNDED_NUMBER if ROUNDED_TEXT.fullmatch(text) else text


def _without_oddities(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if not text.isprintable() or not text.isascii():
        text = "".join(sign if sign.isprintable() else " " for sign in text if sign not in INVISIBLE_SIGNS)
    return " ".join(text.split())


def exact_number(value: float) -> str:
    """A number as the decimal figure that a person typed; ROUNDED_NUMBER where digits were lost before."""
    if not math.isfinite(value):
        return ""
    if abs(value) >= EXACT_NUMBER_MAX:
        return ROUNDED_NUMBER
    return f"{Decimal(repr(value)).normalize():f}"


class Cleaner:
    """`clean_text` that remembers: most cells of a long table say what another cell says.

    Equal texts become the same object, so that a long table of few names takes little memory.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= CLEANED_KEPT_MAX:
                self._known.clear()
            found = self._known[text] = clean_text(text[: CELL_SIGNS_MAX * 2])
        return found
