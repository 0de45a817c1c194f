"""Pure: the signature, what an answer says, what its rows say, how the cursor goes on, how long to wait."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from xinshi.exchange.domain import FIRST_DAY, UNDATED_MINUTES_MAX, Fault, FileKind, FileRow
from xinshi.exchange.zhiyuanhui import cells as reading
from xinshi.exchange.zhiyuanhui.cells import CellNotReadable, is_blank
from xinshi.kernel.clock import local_day
from xinshi.kernel.errors import DomainError, gettext_noop

DEPARTMENT: Final = "department"
VOLUNTEER: Final = "volunteer"
DURATION: Final = "duration"
HISDURATION: Final = "hisduration"
RESOURCES: Final = (DEPARTMENT, VOLUNTEER, DURATION, HISDURATION)
"""In the order in which they are read: whose hours they are is known before the hours come."""
KINDS: Final = {DURATION: FileKind.VERIFIED_DETAIL, HISDURATION: FileKind.HONORARY}
PAGE_ROWS: Final = 80
ANSWER_ROWS_MAX: Final = 1_000
ANSWER_BYTES_MAX: Final = 4_000_000
TEXT_LENGTH_MAX: Final = 500
MAX_ID_MAX: Final = 2**63 - 1
ATTEMPTS_MAX: Final = 5
BACK_OFF_SECONDS: Final = 1.0
BACK_OFF_SECONDS_MAX: Final = 30.0
DAY_MINUTES: Final = 24 * 60
ALL_RIGHT: Final = "000"
COLUMNS: Final = {
    "name": "name",
    "title": "activity",
    "start": "signInTime",
    "end": "signOutTime",
    "hours": "value",
    "number": "idcard",
}
"""Field → what the interface calls it."""


class PullNotConfigured(DomainError):
    code = "pull_not_configured"
    message = gettext_noop(
        "The interface of 志愿汇 is not set up. Set XINSHI_ZHIYUANHUI_URL, …_ACCESS_KEY_ID and …_ACCESS_KEY_SECRET; until "
        "then, import its spreadsheets."
    )
    status = 422


class PullRefused(DomainError):
    code = "pull_refused"
    message = gettext_noop(
        "志愿汇 refused to answer (%(said)s). Check the access key and the region with their station; nothing was lost."
    )
    status = 502


class PullUnanswered(DomainError):
    code = "pull_unanswered"
    message = gettext_noop("志愿汇 did not answer (%(reason)s). The next pull goes on where this one stopped.")
    status = 502


class PullNotUnderstood(DomainError):
    code = "pull_not_understood"
    message = gettext_noop(
        "志愿汇 answered something that is not understood. The next pull goes on where this one stopped; if it happens "
        "again, ask who runs this site."
    )
    status = 502


class CursorWentBack(DomainError):
    code = "cursor_went_back"
    message = gettext_noop(
        "志愿汇 answered with a page before the one that was asked for. Nothing of it was taken in; ask their station."
    )
    status = 502


class CursorStuck(DomainError):
    code = "cursor_stuck"
    message = gettext_noop(
        "志愿汇 answers with the same page again and again. What came before is taken in; ask their station."
    )
    status = 502


class NotUnderstood(ValueError):
    """An answer that is no page; asking again may help."""


@dataclass(frozen=True, slots=True)
class PulledPage:
    """One answer: `rows` by the interface's own names, everything as text; `max_id` is where the next page begins."""

    max_id: int
    rows: Sequence[Mapping[str, str]]


def signed(parameters: Mapping[str, str], *, secret: str, method: str = "POST") -> dict[str, str]:
    """The parameters with their `Signature`: HMAC-SHA1 over all of them, sorted and encoded (SignatureVersion 1.0)."""
    text = string_to_sign(parameters, method=method)
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return {**parameters, "Signature": base64.b64encode(digest).decode()}


def string_to_sign(parameters: Mapping[str, str], *, method: str) -> str:
    pairs = "&".join(f"{_encoded(name)}={_encoded(parameters[name])}" for name in sorted(parameters))
    return f"{method}&{_encoded('/')}&{_encoded(pairs)}"


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def page_of(body: bytes) -> PulledPage:
    """What an answer says. PullRefused for another `errCode` than 000, NotUnderstood for anything that is no page."""
    try:
        answer = json.loads(body.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NotUnderstood from None
    if not isinstance(answer, dict) or "errCode" not in answer:
        raise NotUnderstood
    code = _text(answer["errCode"])
    if code != ALL_RIGHT:
        raise PullRefused(said=f"errCode {code[:20]}" if code.isalnum() else "errCode")
    rows = [] if answer.get("data") is None else answer["data"]
    if not isinstance(rows, list) or len(rows) > ANSWER_ROWS_MAX or not all(isinstance(row, dict) for row in rows):
        raise NotUnderstood
    max_id = _text(answer.get("maxid"))
    if not rows and not max_id:
        max_id = "0"
    if not max_id.isascii() or not max_id.isdigit() or len(max_id) > 19 or int(max_id) > MAX_ID_MAX:
        raise NotUnderstood
    return PulledPage(int(max_id), [{str(name): _text(value) for name, value in row.items()} for row in rows])


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _text(value: Any) -> str:
    """A plain value as text; lists and objects inside a row are passed over (a department's administrators)."""
    if not isinstance(value, str):
        return ""
    return unicodedata.normalize("NFKC", value).replace("\0", "").strip()[:TEXT_LENGTH_MAX]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a resource was read: the day that is asked for, and the partner's cursor inside it."""

    day: date
    max_id: int = 0


def place_after(place: Place, page: PulledPage, *, today: date) -> Place | None:
    """Where to go on after this page; None where everything until now was read. CursorWentBack, CursorStuck.

    A day ends with an empty page, or with a short one that brings the cursor no further. Days that are over are left for
    good; today stays open, its cursor too.
    """
    if page.rows and page.max_id < place.max_id:
        raise CursorWentBack
    if page.rows and page.max_id > place.max_id:
        return Place(place.day, page.max_id)
    if len(page.rows) >= PAGE_ROWS:
        raise CursorStuck
    return Place(place.day + timedelta(days=1)) if place.day < today else None


def back_off_seconds(attempt: int, chance: float) -> float:
    """How long to wait after `attempt` (from 0) failed: doubled each time, bounded, with jitter by `chance` in [0, 1)."""
    assert 0 <= chance < 1, "a chance is a part of one"
    full = min(BACK_OFF_SECONDS_MAX, BACK_OFF_SECONDS * 2.0**attempt)
    return full / 2 + full / 2 * chance


def row_of(found: Mapping[str, str], *, resource: str, row_number: int, who: str) -> FileRow:
    """A row of hours as a file would say it; `who` stands for the person in place of a number (empty: only a name)."""
    texts = {field: found.get(name, "") for field, name in COLUMNS.items() if field != "number"}
    row = FileRow(
        sheet=resource,
        row_number=row_number,
        name=texts["name"],
        number=who,
        minutes=None,
        title=texts["title"],
        columns=COLUMNS,
        texts=tuple(texts.values()),  # The identity number, the last of the columns, is left out.
    )
    faults: list[Fault] = []
    if not row.name:
        faults.append(Fault("name_missing", COLUMNS["name"]))
    row = _with_times(row, resource, faults)
    row = _with_minutes(row, resource, faults)
    return row.but(fault=faults[0]) if faults else row


def _with_times(row: FileRow, resource: str, faults: list[Fault]) -> FileRow:
    moments: dict[str, datetime | None] = {}
    raw: list[str] = []
    for field in ("start", "end") if resource == DURATION else ("start",):
        text = row.cells[field]
        try:
            moment = reading.moment_in(text)
            moments[field] = reading.on_day(moment, None, with_midnight=True)
        except CellNotReadable:
            moments[field] = None
            raw.append(text)
            faults.append(Fault("time_not_readable", COLUMNS[field], {"found": text[:40]}))
    start, end = moments["start"], moments.get("end")
    first = start or end
    if first is None and not faults:
        faults.append(Fault("start_missing", COLUMNS["start"]))
    row = row.but(day=local_day(first) if first else None, starts_at=start, ends_at=end, raw=tuple(raw))
    if row.day is not None and row.day < FIRST_DAY:
        faults.append(Fault("time_implausible", COLUMNS["start"], {"found": row.cells["start"][:40]}))
    return row


def _with_minutes(row: FileRow, resource: str, faults: list[Fault]) -> FileRow:
    text, column = row.cells["hours"], COLUMNS["hours"]
    if is_blank(text):
        if resource == DURATION and row.ends_at is None:
            return row.but(minutes=0)
        faults.append(Fault("hours_missing", column))
        return row
    try:
        minutes = reading.minutes_in(text, in_minutes=False)
    except CellNotReadable:
        code = "hours_negative" if reading.is_negative(text) else "hours_not_readable"
        faults.append(Fault(code, column, {} if code == "hours_negative" else {"found": text[:40]}))
        return row.but(raw=(*row.raw, text))
    if minutes > UNDATED_MINUTES_MAX:
        faults.append(Fault("hours_too_many", column, {"found": text[:40]}))
        return row.but(raw=(*row.raw, text))
    if minutes == 0 and resource == HISDURATION:
        faults.append(Fault("hours_zero", column))
    elif minutes > DAY_MINUTES:
        faults.append(Fault("hours_exceed_day", column, {"found": text[:40]}))
    elif minutes > 0 and resource == DURATION and row.ends_at is None:
        faults.append(Fault("end_missing", COLUMNS["end"]))
    return row.but(minutes=minutes)


Chance = Callable[[], float]
Sleep = Callable[[float], None]
