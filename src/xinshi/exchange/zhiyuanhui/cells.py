"""What one cell of 志愿汇's files says: hours, moments, numbers, however a person or a program wrote them."""

from __future__ import annotations

import contextlib
import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from xinshi.documents.sheets import Cell
from xinshi.exchange.domain import local_moment
from xinshi.kernel.errors import DomainError
from xinshi.kernel.minutes import MINUTES_PER_HOUR, minutes_from_hours

Moment = datetime | date | time
MINUTES_MAX: Final = 100_000 * MINUTES_PER_HOUR
FIGURE_MAX: Final = 40
"""No figure of hours has more signs."""
BLANK: Final = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "空", "未签退", "未签到", "null", "none", "n/a", "nan"}
)
"""What people and programs write where there is nothing."""
HOURS_AND_MINUTES: Final = re.compile(r"(?:(\d{1,5})(?:小时|时|h))?(?:零)?(\d{1,6})(?:分钟|分|min|m)", re.IGNORECASE)
CLOCK_SPAN: Final = re.compile(r"(\d{1,4}):([0-5]\d)(?::[0-5]\d)?")
GROUPED: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
HOUR_UNITS: Final = re.compile(r"(个?小时|个?钟头|个|时|h(ou)?rs?|h)$", re.IGNORECASE)
MINUTE_UNITS: Final = re.compile(r"(分钟|分|min(ute)?s?)$", re.IGNORECASE)
DIGITS: Final = "零一二三四五六七八九"
HALF_HOUR: Final = 30
SPOKEN: Final = re.compile(
    r"(?:(\d{1,4}|[一二两三四五六七八九]|[一二三四五六七八九]?十[一二三四五六七八九]?)个?)?"
    r"(半)?个?(?:小时|钟头)(半)?",
    re.ASCII,
)
NEGATIVE: Final = re.compile(r"[-−–]\s*\d")

DAY_PART: Final = r"(?P<year>\d{4})(?:[-/.]|年)(?P<month>\d{1,2})(?:[-/.]|月)(?P<day>\d{1,2})日?"
CLOCK_PART: Final = (
    r"(?P<half>上午|中午|下午|晚上|早上|凌晨|AM|PM)?\s*(?P<hour>\d{1,2})(?::|时|点)(?P<minute>\d{1,2})?分?"
    r"(?::?(?P<second>\d{1,2})(?:\.\d{1,6})?秒?)?\s*(?P<half_after>AM|PM)?"
)
WEEKDAY: Final = r"(?:\s*[(（]?(?:周|星期|礼拜)[一二三四五六日天][)）]?)?"
WHOLE_DAY: Final = re.compile(DAY_PART + WEEKDAY)
WHOLE_CLOCK: Final = re.compile(CLOCK_PART, re.IGNORECASE)
WHOLE_MOMENT: Final = re.compile(DAY_PART + WEEKDAY + r"[T\s]*" + CLOCK_PART, re.IGNORECASE)
PACKED_MOMENT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\s*(\d{2})(\d{2})(\d{2})?)?")
SERIAL: Final = re.compile(r"([3-6]\d{4})(\.\d+)?")
SERIAL_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # A sheet's day numbers have no zone.
PLAIN_LENGTHS: Final = (16, 19)
"""Of `2026-10-08 07:10` and `2026-10-08 07:10:00`."""
AFTERNOON: Final = frozenset({"下午", "晚上", "PM"})


class CellNotReadable(ValueError):
    """A cell that should say hours or a time and does not."""


def cell_text(cell: Cell) -> str:
    """A cell as the text that a person sees."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell.isoformat() if isinstance(cell, date) else cell


def is_blank(text: str) -> bool:
    return text.casefold() in BLANK


def is_negative(text: str) -> bool:
    return NEGATIVE.match(text) is not None


def minutes_in(text: str, *, in_minutes: bool) -> int:
    """Whole minutes of `2.5`, `2.5小时`, `2小时30分`, `150分钟`, `2:30`, `1,110.5`; CellNotReadable for anything else.

    `in_minutes`: the column's title says that its figures are minutes.
    """
    plain = text.replace(" ", "")
    if len(plain) > FIGURE_MAX:
        raise CellNotReadable
    if match := HOURS_AND_MINUTES.fullmatch(plain):
        return int(match[1] or 0) * MINUTES_PER_HOUR + int(match[2])
    if match := CLOCK_SPAN.fullmatch(plain):
        return int(match[1]) * MINUTES_PER_HOUR + int(match[2])
    bare, is_hours = HOUR_UNITS.subn("", plain)
    bare, is_minutes = MINUTE_UNITS.subn("", bare)
    if GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if (in_minutes and not is_hours) or is_minutes:
        return _minutes_figure(bare)
    try:
        return minutes_from_hours(bare)
    except DomainError:
        return _spoken_minutes(plain)


def _spoken_minutes(text: str) -> int:
    """Minutes of `两小时`, `2小时半`, `一个半小时`, `半小时`, `十二个小时`; CellNotReadable for anything else."""
    match = SPOKEN.fullmatch(text)
    if match is None or (match[2] and match[3]) or not any(match.groups()):
        raise CellNotReadable
    return _spoken_number(match[1] or "零") * MINUTES_PER_HOUR + (HALF_HOUR if match[2] or match[3] else 0)


def _spoken_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (DIGITS.index(tens) if tens else 1) * 10 * bool(ten) + (
        DIGITS.index(ones.replace("两", "二")) if ones else 0
    )


def _minutes_figure(text: str) -> int:
    try:
        figure = Decimal(text)
    except InvalidOperation:
        raise CellNotReadable from None
    if not figure.is_finite() or not 0 <= figure <= MINUTES_MAX:
        raise CellNotReadable
    return int(figure.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def moment_in(cell: Cell) -> Moment | None:
    """The day, the time of day, or both that a cell says; None for a blank one, CellNotReadable for anything else."""
    if isinstance(cell, date):
        return cell
    if is_blank(cell):
        return None
    try:
        return _moment_in_text(cell.replace("T", " ") if cell[:4].isdigit() else cell)
    except (ValueError, OverflowError):
        raise CellNotReadable from None


def _moment_in_text(text: str) -> Moment:
    if len(text) in PLAIN_LENGTHS and text[4] == "-" and text[5:7].isdigit() and text[10] == " ":
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(text)
    zoned = re.fullmatch(r"(.+?)\s*(Z|[+-]\d{2}:?\d{2})", text)
    if zoned and WHOLE_MOMENT.fullmatch(zoned[1]):
        return datetime.fromisoformat(text.replace(" ", "T", 1))
    if match := WHOLE_MOMENT.fullmatch(text):
        return _day_of(match) + _clock_of(match)
    if match := WHOLE_DAY.fullmatch(text):
        return _day_of(match).date()
    if match := WHOLE_CLOCK.fullmatch(text):
        span = _clock_of(match)
        return time.max if span == timedelta(days=1) else (SERIAL_EPOCH + span).time()
    if match := SERIAL.fullmatch(text):
        whole = SERIAL_EPOCH + timedelta(days=int(match[1]))
        if not match[2]:
            return whole.date()
        return whole + timedelta(seconds=round(Decimal(match[2]) * 86_400))
    if match := PACKED_MOMENT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        if match[4] is None:
            return date(year, month, day)
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # on the hospital's clock
    raise CellNotReadable


def _day_of(match: re.Match[str]) -> datetime:
    return datetime(int(match["year"]), int(match["month"]), int(match["day"]))  # noqa: DTZ001  # hospital's clock


def _clock_of(match: re.Match[str]) -> timedelta:
    """The time of day; 24:00 is the end of the day."""
    hour, minute, second = int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0)
    half = (match["half"] or match["half_after"] or "").upper()
    if half in AFTERNOON and hour < 12:
        hour += 12
    elif half == "AM" and hour == 12:
        hour = 0
    is_day_end = (hour, minute, second) == (24, 0, 0)
    if not is_day_end and (hour > 23 or minute > 59 or second > 59):
        raise CellNotReadable
    return timedelta(hours=hour, minutes=minute, seconds=second)


def on_day(found: Moment | None, day: date | None, *, with_midnight: bool) -> datetime | None:
    """A moment made whole with the row's day; a bare day is midnight where the other end of the segment has a time."""
    if isinstance(found, time):
        if day is None:
            raise CellNotReadable
        if found == time.max:
            return local_moment(datetime.combine(day, time.min)) + timedelta(days=1)
        return local_moment(datetime.combine(day, found))
    if isinstance(found, datetime):
        return local_moment(found)
    if found is not None and with_midnight:
        return local_moment(datetime.combine(found, time.min))
    return None
