"""Pure: a partner's list read from what it handed over: entries of the protocol, a JSON file, or rows of a spreadsheet."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from xinshi.documents.sheets import Sheet, clean_text, find_header, read_sheets
from xinshi.interbank.reconciling.domain import Entry, State, Stream
from xinshi.kernel.errors import DomainError, gettext_noop

COLUMNS: Final = ("direction", "sequence", "type", "key", "message", "minutes", "kind", "sent_at", "state")
"""Titles of the columns, in the protocol's order (docs/protocol/reconciliation.md)."""
REQUIRED: Final = tuple(name for name in COLUMNS if name != "sequence")
ENTRIES_MAX: Final = 100_000
MINUTES_MAX: Final = 525_600
KEY: Final = re.compile(r"[a-z][a-z0-9]{15,39}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
STREAMS: Final = {"sent": Stream.IN, "received": Stream.OUT}
"""What the partner sent is what comes in here."""


class ListNotReadable(DomainError):
    code = "list_not_readable"
    message = gettext_noop("Row %(row)s of the list cannot be read: “%(column)s” is missing or not of its form.")
    status = 422


class ListTooLong(DomainError):
    code = "list_too_long"
    message = gettext_noop("The list has more than 100,000 rows. Compare a shorter period.")
    status = 422


class NoList(DomainError):
    code = "no_list"
    message = gettext_noop(
        "This is not a list of messages. Hand in the spreadsheet or JSON file with the columns of the protocol."
    )
    status = 422


def theirs_from_file(data: bytes, *, file_name: str) -> list[Entry]:
    """The partner's entries in a JSON file or a spreadsheet; ListNotReadable names the row and the column."""
    if file_name.lower().endswith(".json") or data.lstrip()[:1] in (b"{", b"["):
        return theirs_from_rows(_json_rows(data))
    for sheet in read_sheets(data, file_name=file_name):
        rows = _sheet_rows(sheet)
        if rows is not None:
            return theirs_from_rows(rows)
    raise NoList


def theirs_from_rows(rows: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Entries as the partner lists them, turned around so that streams are named as this house sees them."""
    if len(rows) > ENTRIES_MAX:
        raise ListTooLong
    return [_entry(row, number) for number, row in enumerate(rows, start=1)]


def _entry(row: Mapping[str, Any], number: int) -> Entry:
    def fault(column: str) -> ListNotReadable:
        return ListNotReadable(row=number, column=column)

    texts = {name: str(row.get(name, "")).strip() for name in COLUMNS}
    if texts["direction"] not in STREAMS:
        raise fault("direction")
    if texts["type"] not in ("transfer", "request"):
        raise fault("type")
    if not KEY.fullmatch(texts["key"]):
        raise fault("key")
    if not DIGEST.fullmatch(texts["message"]):
        raise fault("message")
    if texts["state"] not in set(State):
        raise fault("state")
    if texts["kind"] not in ("verified", "honorary"):
        raise fault("kind")
    minutes, sent_at = _whole(texts["minutes"], MINUTES_MAX), _moment(texts["sent_at"])
    if not minutes:
        raise fault("minutes")
    if sent_at is None:
        raise fault("sent_at")
    return Entry(
        stream=STREAMS[texts["direction"]],
        type=texts["type"],
        key=texts["key"],
        message=texts["message"],
        minutes=minutes,
        kind=texts["kind"],
        sent_at=sent_at,
        state=State(texts["state"]),
        sequence=_whole(texts["sequence"] or "0", 2**53) or 0,
    )


def _whole(text: str, most: int) -> int | None:
    plain = text.removesuffix(".0")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 17 and int(plain) <= most else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _json_rows(data: bytes) -> list[Mapping[str, Any]]:
    """Rows of a plain array, of `{"entries": […]}`, of one listing's envelope, or of a response with several."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise NoList from None
    parts = found.get("envelopes", [found]) if isinstance(found, dict) else [{"entries": found}]
    rows: list[Mapping[str, Any]] = []
    for part in parts if isinstance(parts, list) else []:
        body = part.get("body", part) if isinstance(part, dict) else None
        entries = body.get("entries") if isinstance(body, dict) else None
        if not isinstance(entries, list) or not all(isinstance(row, dict) for row in entries):
            raise NoList
        rows += entries
    if not parts:
        raise NoList
    return rows


def _sheet_rows(sheet: Sheet) -> list[Mapping[str, Any]] | None:
    header = find_header(sheet, {name: (name,) for name in COLUMNS}, required=REQUIRED)
    if header is None:
        return None
    rows: list[Mapping[str, Any]] = []
    for cells in sheet.rows[header.row_index + 1 :]:
        texts = {name: clean_text(cells[place]) if place < len(cells) else "" for name, place in header.columns.items()}
        if any(texts.values()):
            rows.append(texts)
    return rows
