"""Pure rules of the exchange: what a partner's row says, what is wrong with it, what is the same, what rounding keeps.

A row that came in stands in exactly one `RowState` after every run.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from xinshi.kernel.clock import HOSPITAL_ZONE, local_day
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import gettext_noop
from xinshi.kernel.minutes import hours_figure

ZHIYUANHUI: Final = "zhiyuanhui"
NUMBER_DIGITS: Final = 18
VOLUNTEER_NUMBER: Final = re.compile(r"\d{18}")
"""18 digits and no identity number: nothing is checksummed."""
ROUNDED_END: Final = "000"
"""Spreadsheet programs keep 15 digits; of one number in a thousand these are the last three anyway."""
ROUNDING_MINUTES: Final = 3
"""Half of a tenth of an hour: by so much a figure of one decimal may lie above the time between sign-in and sign-out."""
UNDATED_MINUTES_MAX: Final = 366 * 24 * 60
"""No sum of hours in one row is longer than a year without a pause."""
REASON_LENGTH_MAX: Final = 500
FIRST_DAY: Final = date(2000, 1, 1)
TENTH_MINUTES: Final = 6
DAY_SECONDS: Final = 24 * 60 * 60
DOCUMENT_MARK: Final = "id:"
"""Before the blind index of an identity number, where a row has that in place of a volunteer number."""
REMEMBERED_MAX: Final = 8_192
HONORARY_HOURS: Final = HoursKind.HONORARY.value
VERIFIED_HOURS: Final = HoursKind.VERIFIED.value
NOTHING: Final[Mapping[str, str]] = {}


class FileKind(StrEnum):
    """The three files of 志愿汇 that are understood."""

    HONORARY = "honorary"
    VERIFIED_DETAIL = "verified_detail"
    VERIFIED_SUMMARY = "verified_summary"

    @property
    def hours_kind(self) -> HoursKind:
        return HoursKind.HONORARY if self is FileKind.HONORARY else HoursKind.VERIFIED


class RowState(StrEnum):
    """What became of a row in one run."""

    CREDITED = "credited"
    NO_SIGN_OUT = "no_sign_out"
    HELD_BACK = "held_back"
    ALREADY_KNOWN = "already_known"
    UNMATCHED = "unmatched"
    REJECTED = "rejected"


REASONS: Final[Mapping[str, str]] = {
    "number_missing": gettext_noop("The volunteer number is missing. Enter the 18 digits that 志愿汇 shows."),
    "number_rounded": gettext_noop(
        "The spreadsheet program has rounded this long number. Set the column to text and enter the number again."
    ),
    "number_malformed": gettext_noop("“%(found)s” is no volunteer number: it has 18 digits."),
    "cells_moved": gettext_noop(
        "The row has more cells than there are titles: a cell has a comma in it, and is taken for two. Put that cell "
        "between quotation marks, or save the file as .xlsx."
    ),
    "name_missing": gettext_noop("The name is missing. Enter the name that belongs to the volunteer number."),
    "name_differs": gettext_noop("The archive knows this volunteer number under another name. Check name and number."),
    "hours_missing": gettext_noop("The hours are missing. Enter a figure such as 2.5."),
    "hours_not_readable": gettext_noop("“%(found)s” is not a number of hours. Write a number such as 2.5."),
    "hours_negative": gettext_noop("Hours cannot be below zero. Enter the hours that were served."),
    "hours_zero": gettext_noop("Nought hours cannot be entered. Enter the hours that were served, or remove the row."),
    "hours_too_many": gettext_noop("“%(found)s” is more than a year without a pause. Check the figure."),
    "hours_exceed_time": gettext_noop(
        "%(hours)s hours do not fit between sign-in and sign-out (%(available)s hours). Check the figure and both times."
    ),
    "reason_missing": gettext_noop("The reason for entering these hours afterwards (补录原因) is missing."),
    "reason_too_long": gettext_noop("The reason is longer than 500 signs. Shorten it."),
    "hours_exceed_day": gettext_noop("“%(found)s” is more than one day has. Check the figure."),
    "time_missing": gettext_noop(
        "Neither a day nor a time says when these hours were served. Enter the sign-in and the sign-out time."
    ),
    "not_in_force": gettext_noop(
        "“%(found)s” is the state of these hours, so they do not count where they come from. Import them once they do."
    ),
    "other_kind": gettext_noop(
        "“%(found)s” is another kind of hours than the rows above: a file brings hours of one kind. Save the rows of the "
        "other kind as a file of their own."
    ),
    "start_missing": gettext_noop("The sign-in time is missing, so the hours cannot be checked."),
    "end_missing": gettext_noop(
        "There are hours but no sign-out time, so the hours cannot be checked. Enter the time, or 0 hours."
    ),
    "time_not_readable": gettext_noop("“%(found)s” is not a time. Write it like 2026-10-08 07:10."),
    "time_implausible": gettext_noop("“%(found)s” is before the year 2000. Check the year."),
    "end_before_start": gettext_noop(
        "The sign-out is not after the sign-in. Check both times; service over midnight is one row for each day."
    ),
    "not_one_day": gettext_noop(
        "Sign-in and sign-out are not on one day. Enter one row per day, each with its own times."
    ),
    "in_future": gettext_noop("This time has not come yet. Only hours that were served can be entered."),
    "passbook_missing": gettext_noop(
        "This person has no passbook yet. The row waits until one is opened, and then goes on by itself."
    ),
    "passbook_not_active": gettext_noop(
        "This person's passbook is not active. The row waits until it is, and then goes on by itself."
    ),
    "person_unknown": gettext_noop("Nobody in the archive has this volunteer number. The row waits for its person."),
    "person_unknown_rounded": gettext_noop(
        "Nobody in the archive has this volunteer number. It ends in 000: a spreadsheet program may have rounded it. The "
        "row waits until the person is chosen, or comes again with the whole number."
    ),
    "name_unknown": gettext_noop(
        "The row has no volunteer number, and nobody in the archive has this name alone. Enter the number."
    ),
    "name_only": gettext_noop("The row has no volunteer number: only the name says whose hours these are."),
    "consent_withdrawn": gettext_noop("This person has withdrawn their consent to the exchange with 志愿汇."),
    "overlaps": gettext_noop("These times overlap service of this person that is known already."),
    "equals_other_file": gettext_noop("The same row without a date came in another file."),
    "equals_untimed": gettext_noop("The same row without its times came before: look whether it is the same service."),
    "equals_sum": gettext_noop(
        "The single services of this person in an earlier file add up to exactly these hours: look whether this row is "
        "their sum."
    ),
    "was_summed": gettext_noop(
        "An earlier file brought exactly the sum of this person's services: look whether they were credited with it."
    ),
    "equals_other_way": gettext_noop(
        "Honorary hours of the same length came another way (by file or by interface): look whether they are the same."
    ),
    "repeats_in_file": gettext_noop("The same row without a date stands twice in this file."),
    "sent_by_us": gettext_noop(
        "This row equals one of a file that this hospital sent to 志愿汇: the hours are here already."
    ),
    "own_hours": gettext_noop("Nobody credits their own hours: somebody else must look at this row."),
    "no_sign_out": gettext_noop("There was no sign-out, so there are no hours."),
}
"""Code → sentence for people; placeholders come from `Fault.parameters`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row was not credited: `column` is the title of the column as the file has it."""

    code: str
    column: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The message id; its placeholders are filled from `parameters` after translation."""
        return REASONS[self.code]


class FileRow(NamedTuple):
    """A row as the file says it, cleaned. `minutes` is None where the figure could not be read (then there is a fault).

    `raw` keeps cells that could not be understood, so that two different unreadable rows stay different. `columns` are the
    file's titles by field and `texts` what stood in them, in their order, to say what is wrong and to give the row back.
    """

    sheet: str
    row_number: int
    name: str
    number: str
    minutes: int | None
    title: str = ""
    day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    raw: tuple[str, ...] = ()
    fault: Fault | None = None
    columns: Mapping[str, str] = NOTHING
    texts: Sequence[str] = ()

    def but(self, **changes: Any) -> FileRow:
        """The row with some fields changed."""
        return self._replace(**changes)

    @property
    def cells(self) -> dict[str, str]:
        """What stood in the row, by field."""
        return dict(zip(self.columns, self.texts, strict=False))

    @property
    def is_timed(self) -> bool:
        """True for a segment: it has a place in time, so that overlaps can be seen."""
        return self.starts_at is not None and self.ends_at is not None


@lru_cache(maxsize=REMEMBERED_MAX)
def plain_name(name: str) -> str:
    """A name without what varies between files: width, spaces, the form of the dot in names, bracketed remarks."""
    text = re.sub(r"[(\[【][^)\]】]*[)\]】]", "", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\s·•‧・.。．]+", "", text).casefold()


@lru_cache(maxsize=REMEMBERED_MAX)
def plain_text(text: str) -> str:
    """A reason or title without what varies between files: width and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def names_agree(one: str, other: str) -> bool:
    """True for the same name; a sign that a platform starred out agrees with any one sign."""
    if one == other and "*" not in one:
        return bool(one)
    a, b = plain_name(one), plain_name(other)
    if not a or len(a) != len(b):
        return False
    return all(x == y or "*" in (x, y) for x, y in zip(a, b, strict=True)) and set(a) != {"*"}


def canonical_row(row: FileRow, kind: FileKind) -> str:
    """What a row says, independent of how the file was saved: two rows with the same text mean the same.

    The name is left out where the number stands for the person: a corrected name leaves the file the same file.
    """
    number, start, end = row.number, row.starts_at, row.ends_at
    stands_for_person = (len(number) == NUMBER_DIGITS and number.isdecimal()) or number.startswith(DOCUMENT_MARK)
    parts = (
        HONORARY_HOURS if kind is FileKind.HONORARY else VERIFIED_HOURS,
        number if stands_for_person else f"{number}/{plain_name(row.name)}",
        "" if row.minutes is None else str(row.minutes),
        "" if start is None else _moment_text(start),
        "" if end is None else _moment_text(end),
        "" if row.day is None or start is not None else row.day.isoformat(),
        plain_text(row.title),
        *row.raw,
    )
    return "\x1f".join(parts)


def are_times_together(columns: Mapping[str, str]) -> bool:
    """True where one column says start and end: a time span, or a day with its times."""
    start = columns.get("start", "")
    return bool(start) and start == columns.get("end")


def without_time(row: FileRow) -> tuple[FileRow, ...]:
    """A row whose times stand together as a file says it that has none, with its day and without.

    Such times were not read at first, and another file may leave them out: the hours are the same.
    """
    if not row.is_timed or not are_times_together(row.columns):
        return ()
    plain = row.but(starts_at=None, ends_at=None)
    return plain, plain.but(day=None)


def _moment_text(moment: datetime) -> str:
    return _text_here(moment) if moment.tzinfo is HOSPITAL_ZONE else moment.isoformat()


@lru_cache(maxsize=REMEMBERED_MAX)
def _text_here(moment: datetime) -> str:
    """Of a moment on the hospital's clock: one elsewhere is equal to it and says itself otherwise."""
    return moment.isoformat()


def time_fault(row: FileRow, *, now: datetime) -> Fault | None:
    """What is wrong with a row's times (入库规则: on one day, start before end, not in the future, hours within them)."""
    start, end = row.starts_at, row.ends_at
    if (start is not None and start > now) or (end is not None and end > now):
        latest = max(moment for moment in (start, end) if moment is not None)
        return Fault("in_future", row.columns.get("end" if latest == end else "start", ""))
    if row.day is not None and row.day > local_day(now):
        return Fault("in_future", row.columns.get("day", ""))
    if row.minutes == 0 or end is None:
        return None
    if start is None:
        return Fault("start_missing", row.columns.get("start", ""))
    if end <= start:
        return Fault("end_before_start", row.columns.get("end", ""))
    day, lasted = local_day(start), end - start
    if day != local_day(end) and day != local_day(end - timedelta(microseconds=1)):
        return Fault("not_one_day", row.columns.get("end", ""))
    return _figure_fault(row, lasted.days * DAY_SECONDS + lasted.seconds)


def _figure_fault(row: FileRow, available_seconds: int) -> Fault | None:
    assert row.minutes is not None
    if row.minutes * 60 <= available_seconds + ROUNDING_MINUTES * 60:
        return None
    figures = {"hours": hours_figure(row.minutes), "available": hours_figure(available_seconds // 60)}
    return Fault("hours_exceed_time", row.columns.get("hours", ""), figures)


class KnownTime:
    """Segments known of people, to be asked for equality and overlap. Ends touch without overlapping."""

    def __init__(self) -> None:
        self._from_partner: dict[tuple[int, datetime, datetime], int] = {}
        self._by_day: dict[tuple[int, date], list[tuple[datetime, datetime]]] = defaultdict(list)

    def remember(self, person_id: int, starts_at: datetime, ends_at: datetime, minutes: int) -> None:
        """The partner sent exactly this segment before, whatever became of it."""
        self._from_partner[person_id, starts_at, ends_at] = minutes

    def occupy(self, person_id: int, starts_at: datetime, ends_at: datetime) -> None:
        """The person is known to have served in this time."""
        day, last = local_day(starts_at), local_day(ends_at)
        while day <= last:
            self._by_day[person_id, day].append((starts_at, ends_at))
            day += timedelta(days=1)

    def look(self, person_id: int, starts_at: datetime, ends_at: datetime) -> tuple[int | None, bool]:
        """With which figure the partner sent this segment, None where it never did; and whether it is known in itself or
        shares time with one that is taken.
        """
        minutes = self._from_partner.get((person_id, starts_at, ends_at)) if self._from_partner else None
        if minutes is not None or not self._by_day:
            return minutes, minutes is not None
        known = self._by_day.get((person_id, local_day(starts_at)), ())
        return None, any(start < ends_at and starts_at < end for start, end in known)

    def is_occupied(self, person_id: int, day: date) -> bool:
        """True if any service is known of that person on that day."""
        return any(local_day(start) == day for start, _ in self._by_day.get((person_id, day), ()))


@dataclass(frozen=True, slots=True)
class Rounded:
    """What a person's minutes become in a file of one decimal: carry before + minutes = 6 × tenths + carry."""

    tenths: int
    carry: int


def rounded_down(carry_before: int, minutes: int) -> Rounded:
    """Whole tenths of an hour, the rest carried on; a debt (more went out than still stands) is carried whole."""
    total = carry_before + minutes
    if total < 0:
        return Rounded(0, total)
    tenths, rest = divmod(total, TENTH_MINUTES)
    return Rounded(tenths, rest)


def tenths_text(tenths: int) -> str:
    """`145` as `14.5`."""
    return f"{tenths // 10}.{tenths % 10}"


def joined_reason(titles: Iterable[str], *, general: str, length_max: int = 60) -> str:
    """补录原因: the activities' titles as far as they fit, then the general words."""
    shown: list[str] = []
    unique = list(dict.fromkeys(title.strip() for title in titles if title.strip()))
    for title in unique:
        if sum(len(each) + 1 for each in shown) + len(title) > length_max - 2:
            break
        shown.append(title)
    if not shown:
        return general
    return "、".join(shown) + ("等" if len(shown) < len(unique) else "")


def local_moment(naive: datetime) -> datetime:
    """A time on the hospital's clock as a moment; one that says its own zone keeps it."""
    return naive if naive.tzinfo else naive.replace(tzinfo=HOSPITAL_ZONE)
