"""What one cell of 志愿汇's files says: hours, moments, numbers, however a person or a program wrote them."""

from __future__ import annotations

import contextlib
import itertools
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
ZERO_MOMENT: Final = re.compile(
    r"0+(?:\.0+)?|(?:0000-0?0-0?0|0001-0?1-0?1|1899-12-3[01]|1900[-/]0?1[-/]00?)(?: 0?0:00(?::00(?:\.0+)?)?)?"
    r"|1970[-/]0?1[-/]0?1 (?:0?8|0?0):00(?::00(?:\.0+)?)?"
)
"""What programs make of nothing: the first moment of a spreadsheet, of a database, of Unix here and in London."""
HOURS_AND_MINUTES: Final = re.compile(
    r"(?:(\d{1,5})(?:个?小时|时|h(?:(?:ou)?rs?)?))?零?(\d{1,6})(?:分钟|分|min(?:ute)?s?|m)(?:\d{1,2}秒)?", re.IGNORECASE
)
"""Seconds are let go, as a clock's are: no minute counts before it is over."""
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
    r"(?P<half>上午|中午|下午|傍晚|晚上|晚间|夜里|夜间|早上|早晨|清晨|凌晨|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})(?::|时|点)(?P<minute>\d{1,2}|半)?分?"
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
AFTERNOON: Final = frozenset({"下午", "傍晚", "PM"})
NIGHT: Final = frozenset({"晚上", "晚间", "夜里", "夜间"})
AFTER_MIDNIGHT: Final = frozenset({"凌晨", "AM"})
SPAN_MARK: Final = re.compile(r"\s*(?:--?|—{1,2}|–|−|~|至|到)\s*")
SPAN_MARKS_MAX: Final = 8
"""Two days have four hyphens, and there is one between them."""
CLOCK_WITHIN: Final = re.compile(r"\d(?::|时|点)\d?")


class CellNotReadable(ValueError):
    """A cell that should say hours or a time and does not."""


def cell_text(cell: Cell) -> str:
    """A cell as the text that a person sees."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell.isoformat() if isinstance(cell, date) else cell


def is_blank(text: str) -> bool:
    return text.casefold() in BLANK


def says_no_moment(text: str) -> bool:
    """True for a cell of a time in which there is none: nobody signed in or out."""
    return is_blank(text) or ZERO_MOMENT.fullmatch(text) is not None


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
    text = cell.replace("T", " ") if cell[:4].isdigit() else cell
    if says_no_moment(text):
        return None
    try:
        return _moment_in_text(text)
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
        moment = _day_of(match) + _clock_of(match)
        return moment.time() if moment.year == SERIAL_EPOCH.year else moment
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
    minutes = HALF_HOUR if match["minute"] == "半" else int(match["minute"] or 0)
    half = (match["half"] or match["half_after"] or "").upper()
    hour, minute, second = _hour_of(half, int(match["hour"]), minutes), minutes, int(match["second"] or 0)
    is_day_end = (hour, minute, second) == (24, 0, 0)
    if not is_day_end and (hour > 23 or minute > 59 or second > 59):
        raise CellNotReadable
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _hour_of(half: str, hour: int, minute: int) -> int:
    """The hour of the day where a word says in which part of it; CellNotReadable where people mean another day by it."""
    if hour > 12:
        return hour
    if half in NIGHT and (hour < 5 or (hour == 12 and minute)):
        raise CellNotReadable  # Of this night, which belongs to the next day, or of the one before?
    if (half in AFTERNOON and hour < 12) or (half in NIGHT) or (half == "中午" and hour < 4):
        return hour + 12
    return 0 if half in AFTER_MIDNIGHT and hour == 12 else hour


def span_in(text: str) -> tuple[Moment, Moment]:
    """Start and end that one cell says: `8:30-11:30`, `2026-10-08 下午2:00至5:00`; CellNotReadable for anything else."""
    for mark in itertools.islice(SPAN_MARK.finditer(text), SPAN_MARKS_MAX):
        left, right = text[: mark.start()], text[mark.end() :]
        try:
            start, end = moment_in(left), moment_in(right)
        except CellNotReadable:
            continue
        if _has_clock(start) and _has_clock(end):
            assert start is not None
            assert end is not None
            return _end_beside(start, _afternoon_too(left, start, end))
    raise CellNotReadable


def _has_clock(moment: Moment | None) -> bool:
    return isinstance(moment, datetime | time)


def _afternoon_too(text: str, start: Moment, end: Moment) -> Moment:
    """In `下午2:00-5:00` the word holds for both."""
    if not isinstance(end, time) or end.hour >= 12 or not any(word in text.upper() for word in (*AFTERNOON, *NIGHT)):
        return end
    began = start.time() if isinstance(start, datetime) else start
    return end.replace(hour=end.hour + 12) if isinstance(began, time) and end <= began else end


def _end_beside(start: Moment, end: Moment) -> tuple[Moment, Moment]:
    """The end of a span on the day of its start, unless it says its own."""
    if isinstance(start, datetime) and isinstance(end, time):
        if end == time.max:
            return start, datetime.combine(start.date(), time.min) + timedelta(days=1)
        return start, datetime.combine(start.date(), end)
    if isinstance(start, time) and isinstance(end, datetime):
        raise CellNotReadable
    return start, end


def tries_to_say_times(text: str) -> bool:
    """True for a cell with a time of day in it, well or badly written; `上午` and `11月` say none."""
    return CLOCK_WITHIN.search(text) is not None


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
