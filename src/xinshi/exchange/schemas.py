"""What endpoints of the exchange have in common: bounds of what is asked, and a line as programs see it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Form, Path, Query, Schema
from pydantic import Field, StringConstraints

from xinshi.doors.api import NO_NUL
from xinshi.exchange.actions.senders import SENDER_SIGNS_MAX
from xinshi.exchange.models import ImportLine
from xinshi.exchange.reporting import line_text

LINES_AT_ONCE_MAX = 1_000
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
LineIds = Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(min_length=1, max_length=LINES_AT_ONCE_MAX)]
LineState = Literal[
    "credited", "no_sign_out", "held_back", "discarded", "already_known", "unmatched", "rejected", "not_ours", ""
]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=NO_NUL)]
Sender = Annotated[str, StringConstraints(strip_whitespace=True, max_length=SENDER_SIGNS_MAX, pattern=NO_NUL)]
"""Who hands files over, by name; empty for 志愿汇 itself."""
SenderField = Annotated[str, Form(max_length=SENDER_SIGNS_MAX, pattern=NO_NUL)]
"""The same beside a file."""
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=NO_NUL)]


class ExchangeLineOut(Schema):
    """One row of a file; `why` says why it was not credited."""

    id: int
    file_id: int
    row: int
    name: str
    volunteer_number: str
    person_id: int | None
    hours_kind: str
    title: str
    day: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int
    state: str
    code: str
    why: str
    decided_at: datetime | None
    decision_reason: str


class LinesDecidedOut(Schema):
    lines: int
    minutes: int


def line_out(row: ImportLine) -> ExchangeLineOut:
    return ExchangeLineOut(**line_fields(row))


def line_fields(row: ImportLine) -> dict[str, Any]:
    return {
        "id": row.pk,
        "file_id": row.file_id,
        "row": row.row_number,
        "name": row.name,
        "volunteer_number": row.shown_number,
        "person_id": row.person_id,
        "hours_kind": row.hours_kind,
        "title": row.title,
        "day": row.day,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "minutes": row.minutes,
        "state": row.state,
        "code": row.code,
        "why": line_text(row),
        "decided_at": row.decided_at,
        "decision_reason": row.decision_reason,
    }
