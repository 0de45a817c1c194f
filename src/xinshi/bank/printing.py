"""A passbook's statement on paper and as a spreadsheet, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from xinshi.bank import queries
from xinshi.bank.models import Deposit, Passbook, StatementIssue
from xinshi.bank.queries import SPENT, PassbookLine, PassbookOverview, Share, StatementFilter
from xinshi.bank.statement_queries import wanted_by
from xinshi.bank.statements import grouped
from xinshi.documents.qr import qr_drawing
from xinshi.documents.typesetting import typeset
from xinshi.documents.workbook import Cell, write_workbook
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock
from xinshi.kernel.minutes import hours_decimal, hours_figure
from xinshi.ledger.templatetags.ledger import transfer_kind
from xinshi.people.wording import category_label

TEMPLATE: Final = Path(__file__).parent / "typst" / "passbook.typ"
PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PRINTED_LINES_MAX: Final = 3_000
WRITTEN_LINES_MAX: Final = 50_000
PART: Final = 499


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    content_type: str
    content: bytes


def as_download(document: Document) -> HttpResponse:
    """The document as an answer that browsers save."""
    response = HttpResponse(document.content, content_type=document.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{document.name}"'
    return response


def statement_pdf(found: Passbook, issue: StatementIssue) -> Document:
    """The newest PRINTED_LINES_MAX lines as they were issued; the paper says so where there are more."""
    lines = list(_lines(found, wanted_by(issue), PRINTED_LINES_MAX + 1, up_to=issue.last_seq))
    return Document(_file_name(found, "pdf"), PDF, typeset(TEMPLATE, _paper(found, issue, lines)))


def statement_workbook(found: Passbook, wanted: StatementFilter) -> Document:
    """Every line up to WRITTEN_LINES_MAX, with hours as numbers to count with."""
    overview = queries.overview_of(found)
    headers = [
        gettext("Line"),
        gettext("Served on"),
        gettext("What for"),
        gettext("Organiser"),
        gettext("Booking"),
        gettext("Service category"),
        gettext("Hours"),
        gettext("Balance after"),
        gettext("Booked"),
        gettext("Source"),
    ]
    preamble = [
        _title(),
        f"{found.person.name} · {found.number}",
        " · ".join(f"{label} {figure}" for label, figure in _figures(overview)),
        *([_narrowed(wanted)] if wanted.is_narrow else []),
    ]
    content = write_workbook(
        sheet_name=gettext("Statement"),
        headers=headers,
        rows=(_row(line) for line in _lines(found, wanted, WRITTEN_LINES_MAX)),
        preamble=preamble,
    )
    return Document(_file_name(found, "xlsx"), XLSX, content)


def _row(line: PassbookLine) -> list[Cell]:
    return [
        line.seq,
        line.worked_on,
        line.title,
        line.organizer,
        transfer_kind(line.kind),
        category_label(line.category) if line.category else "",
        hours_decimal(line.amount),
        hours_decimal(line.balance_after),
        line.posted_at,
        line.source_ref,
    ]


def _lines(found: Passbook, wanted: StatementFilter, limit: int, *, up_to: int | None = None) -> Iterator[PassbookLine]:
    """Lines newest first, at most `limit`, none beyond line `up_to`, a part at a time."""
    before = None if up_to is None else up_to + 1
    given = 0
    while given < limit:
        part = queries.statement(found, wanted=wanted, before_seq=before, limit=min(PART, limit - given))
        yield from part.lines
        given += len(part.lines)
        before = part.older
        if before is None:
            return


def _paper(found: Passbook, issue: StatementIssue, lines: list[PassbookLine]) -> dict[str, Any]:
    """Everything that the template sets: texts in the reader's language, figures already written out."""
    overview, wanted = queries.overview_of(found), wanted_by(issue)
    shown = lines[:PRINTED_LINES_MAX]
    return {
        "lang": "zh" if is_chinese() else "en",
        "hospital": _hospital(),
        "title": _title(),
        "name": found.person.name,
        "facts": [
            [gettext("Passbook number"), _grouped(found.number)],
            [gettext("Volunteer number"), found.person.volunteer_number or "–"],
            [gettext("Opened"), _day(clock.local_day(found.opened_at))],
            [gettext("Printed"), _day(clock.local_day(issue.issued_at))],
        ],
        "figures": _issued_figures(issue),
        "unit": gettext("hours"),
        "stars": overview.progress.level,
        "progress": overview.progress.percent,
        "progress_text": progress_text(overview),
        "shares": [
            [gettext("By kind"), _bars(overview.by_kind, kind_label)],
            [gettext("By service category"), _bars(overview.by_category, category_label)],
            [gettext("By year"), _bars(overview.by_year, str)],
        ],
        "narrowed": _narrowed(wanted) if wanted.is_narrow else "",
        "statement": gettext("Statement"),
        "headers": [
            gettext("Served on"),
            gettext("What for"),
            gettext("Kind"),
            gettext("Hours"),
            gettext("Balance after"),
        ],
        "lines": [_printed(line) for line in shown],
        "empty": gettext("No hours were booked yet."),
        "more": gettext("Only the newest %(number)s lines are printed; the spreadsheet has all of them.")
        % {"number": PRINTED_LINES_MAX}
        if len(lines) > PRINTED_LINES_MAX
        else "",
        "creed": gettext("The time bank stores service, never money."),
        **_proof(issue),
    }


def _proof(issue: StatementIssue) -> dict[str, str]:
    """The code by which anybody checks the paper, and the newest seal at issue for its footer."""
    return {
        "number_label": gettext("Statement number"),
        "number": grouped(issue.number),
        "check_qr": qr_drawing(reverse("bank:check_statement", args=[issue.number])),
        "check_text": gettext("Scan to check this paper"),
        "seal": f"{issue.seal_n}:{issue.seal_hash}" if issue.seal_n else "",
        "seal_label": gettext("Newest seal of the book"),
        "seal_text": gettext(
            "Keep this page: together with this fingerprint it proves that the bookings up to here were not changed later."
        )
        if issue.seal_n
        else "",
    }


def _issued_figures(issue: StatementIssue) -> list[list[str]]:
    """The same three figures as in the number's fingerprint."""
    return [
        [gettext("Hours to spend"), hours_figure(issue.available_minutes)],
        [gettext("Lifetime certified hours"), hours_figure(issue.certified_minutes)],
        [gettext("Reserved hours"), hours_figure(issue.held_minutes)],
    ]


def _printed(line: PassbookLine) -> dict[str, Any]:
    return {
        "day": line.worked_on.isoformat(),
        "title": line.title or transfer_kind(line.kind),
        "note": " · ".join(part for part in (line.organizer, _category(line)) if part),
        "kind": transfer_kind(line.kind),
        "hours": f"{'+' if line.amount > 0 else '−'}{hours_figure(abs(line.amount))}",
        "is_in": line.amount > 0,
        "is_struck": line.is_taken_back,
        "balance": hours_figure(line.balance_after),
    }


def _category(line: PassbookLine) -> str:
    return category_label(line.category) if line.category else ""


def _figures(overview: PassbookOverview) -> list[tuple[str, str]]:
    return [
        (gettext("Hours to spend"), hours_figure(overview.balance.available)),
        (gettext("Lifetime certified hours"), hours_figure(overview.card.certified_minutes)),
        (gettext("Reserved hours"), hours_figure(overview.balance.held)),
    ]


def _bars(shares: list[Share], label: Any) -> list[list[Any]]:
    return [[str(label(share.name)), hours_figure(share.minutes), share.percent] for share in shares[:8]]


def kind_label(kind: str) -> str:
    """A kind of hours, or what a statement may be narrowed to besides."""
    return gettext("Spent") if kind == SPENT else str(Deposit.Kind(kind).label)


def progress_text(overview: PassbookOverview) -> str:
    """How far it is to the next star."""
    progress = overview.progress
    if progress.next_minutes is None:
        return gettext("Five stars: the highest there is.")
    if progress.lacks_quality:
        return gettext("%(percent)s %% verified hours for the next star") % {"percent": progress.next_verified_percent}
    return gettext("%(hours)s hours to the next star") % {"hours": hours_figure(progress.missing_minutes)}


def _narrowed(wanted: StatementFilter) -> str:
    parts = [str(wanted.year or ""), kind_label(wanted.kind) if wanted.kind else ""]
    parts.append(category_label(wanted.category) if wanted.category else "")
    return gettext("Only: %(parts)s") % {"parts": " · ".join(part for part in parts if part)}


def _title() -> str:
    return gettext("Passbook of the time bank")


def _hospital() -> str:
    names: dict[str, str] = settings.HOSPITAL_NAMES
    return names.get(get_language() or "", names["zh-hans"])


def _day(day: Any) -> str:
    return str(date_format(day, "DATE_FORMAT"))


def _grouped(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _file_name(found: Passbook, ending: str) -> str:
    return f"passbook-{found.number}-{clock.today().isoformat()}.{ending}"
