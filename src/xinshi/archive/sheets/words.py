"""Cells of the archive's spreadsheet: values to words and back. What cannot be read raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from xinshi.archive.availability import WEEKDAYS as DAYS_OF_WEEK
from xinshi.archive.availability import AvailabilityException, Quarter, cells_of, weekly_of
from xinshi.archive.sheets.columns import (
    CAN_COME,
    LEVEL_WORDS,
    NO,
    NOTHING,
    QUARTERS,
    RELATIONS,
    WEEKDAYS,
    WHOLE_DAY,
    YES,
)

SEPARATORS: Final = re.compile(r"[、,，;；/\s]+")
WORD_SEPARATORS: Final = re.compile(r"[、,，;；\n]+")
LEVEL: Final = re.compile(r"(.+?)[（(:：](.+?)[）)]?")
WEEKDAY: Final = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])(.*)")
NEXT_EXCEPTION: Final = re.compile(r"[；;\n]\s*(?=\d{4}-)")
EXCEPTION: Final = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})\s*(?:至\s*(\d{4}-\d{1,2}-\d{1,2}))?\s*(不可|可)\s*(?:[（(](.*)[）)])?", re.DOTALL
)
SPANS: Final = {"每天": range(7), "工作日": range(5), "周末": (5, 6)}


def words_of(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in WORD_SEPARATORS.split(text) if word.strip()))


def weekly_text(weekly: int | None) -> str:
    """`周一上午、周三晚上`; `无` for no time at all, empty where nothing is known."""
    if weekly is None:
        return ""
    names = {quarter: name for name, quarter in QUARTERS.items()}
    return "、".join(f"周{WEEKDAYS[day]}{names[Quarter(quarter)]}" for day, quarter in cells_of(weekly)) or NOTHING


def weekly_from(text: str) -> int:
    """The reverse: also `周一全天`, `周末`, `工作日晚上`, `每天上午`."""
    if text.strip() == NOTHING:
        return 0
    cells = [cell for word in SEPARATORS.split(text.strip()) if word for cell in _cells(word)]
    return weekly_of(cells)


def _cells(word: str) -> list[tuple[int, int]]:
    for name, days in SPANS.items():
        if word.startswith(name):
            return [(day, quarter) for day in days for quarter in _quarters(word.removeprefix(name))]
    match = WEEKDAY.fullmatch(word)
    if match is None:
        raise ValueError(word)
    day = WEEKDAYS.index("日" if match[1] == "天" else match[1])
    assert day < DAYS_OF_WEEK, "the pattern knows seven signs"
    return [(day, quarter) for quarter in _quarters(match[2])]


def _quarters(text: str) -> list[int]:
    if text in ("", "全天"):
        return [QUARTERS[name] for name in WHOLE_DAY]
    if text == "早上":
        text = "上午"
    if text not in QUARTERS:
        raise ValueError(text)
    return [QUARTERS[text]]


def exceptions_text(exceptions: Iterable[AvailabilityException], *, with_notes: bool) -> str:
    """`2027-01-04至2027-01-15不可（考试周）；2027-02-11可`."""
    return "；".join(
        (f"{one.first}" if one.first == one.last else f"{one.first}至{one.last}")
        + CAN_COME[one.is_free]
        + (f"（{one.note}）" if with_notes and one.note else "")
        for one in exceptions
    )


def exceptions_from(text: str) -> list[AvailabilityException]:
    """The reverse; the order of days is not looked at."""
    return [_exception(item.strip()) for item in NEXT_EXCEPTION.split(text.strip().rstrip("；;")) if item.strip()]


def _exception(item: str) -> AvailabilityException:
    match = EXCEPTION.fullmatch(item)
    if match is None:
        raise ValueError(item)
    first, last, word, note = match.groups()
    try:
        days = [date(*(int(part) for part in day.split("-"))) for day in (first, last or first)]
    except ValueError:
        raise ValueError(item) from None
    return AvailabilityException(days[0], days[1], is_free=word == CAN_COME[True], note=(note or "").strip())


def skills_text(levels: Mapping[str, int], names: Mapping[str, str]) -> str:
    """`急救（专业）、手语（有经验）`."""
    words = {level: word for word, level in LEVEL_WORDS.items()}
    return "、".join(f"{names.get(code, code)}（{words[level]}）" for code, level in levels.items())


def skills_from(text: str, codes: Mapping[str, str]) -> dict[str, int]:
    """Levels by code; `codes` by name. A skill without a level counts as the first."""
    found: dict[str, int] = {}
    for word in words_of(text):
        match = LEVEL.fullmatch(word)
        name, level = (match[1].strip(), match[2].strip()) if match else (word, "1")
        if name not in codes:
            raise ValueError(name)
        number = LEVEL_WORDS.get(level) or (int(level) if level in ("1", "2", "3") else 0)
        if not number:
            raise ValueError(level)
        found[codes[name]] = number
    return found


def yes_no_text(value: object) -> str:
    return "是" if value else "否"


def yes_no_from(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES and word not in NO:
        raise ValueError(text)
    return word in YES


def minutes_from(text: str) -> int:
    """Hours as whole minutes."""
    try:
        minutes = Decimal(text.strip().removesuffix("小时")) * 60
    except InvalidOperation:
        raise ValueError(text) from None
    if not minutes.is_finite() or minutes != minutes.to_integral_value():
        raise ValueError(text)
    return int(minutes)


def hours_text(minutes: int | None) -> str:
    return "" if minutes is None else f"{(Decimal(minutes) / 60).normalize():f}"


def relation_text(code: str) -> str:
    return next((word for word, known in RELATIONS.items() if known == code), "")


def relation_from(text: str) -> str:
    word = text.strip()
    if word in RELATIONS.values():
        return word
    if word not in RELATIONS:
        raise ValueError(word)
    return RELATIONS[word]
