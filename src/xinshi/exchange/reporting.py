"""What an import did, or on a dry run would do, and the rows that somebody has to correct as a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext

from xinshi.documents.sheets import ROUNDED_NUMBER
from xinshi.documents.workbook import write_workbook
from xinshi.exchange.domain import REASONS, FileKind, RowState
from xinshi.exchange.judging import Decision
from xinshi.exchange.models import ImportFile, ImportLine

PREVIEW_ROWS: Final = 50
TO_CORRECT: Final = (RowState.REJECTED, RowState.UNMATCHED)
JSON_KINDS: Final = {
    FileKind.HONORARY: "honorary",
    FileKind.VERIFIED_DETAIL: "verified",
    FileKind.VERIFIED_SUMMARY: "verified",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row was not taken: its number in the sheet, the column's title, a stable code, a sentence."""

    row: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row and what becomes of it, for a page."""

    row: int
    name: str
    volunteer_number: str
    minutes: int
    state: RowState
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Figures of one run; `minutes` are those credited in it. Every row stands in exactly one of the counts."""

    file_id: int | None
    kind: FileKind
    rows: int
    credited: int
    minutes: int
    no_sign_out: int
    held_back: int
    already_known: int
    unmatched: int
    rejected: Sequence[Rejection]
    waiting: Sequence[PreviewRow]
    """The first rows that are held back or whose person was not found."""
    to_correct: bytes | None
    """Rejected rows and those of unknown people in their own columns, and why; None where there is none."""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": JSON_KINDS[self.kind],
            "rows": self.rows,
            "credited": self.credited,
            "minutes": self.minutes,
            "no_sign_out": self.no_sign_out,
            "held_back": self.held_back,
            "already_known": self.already_known,
            "unmatched": self.unmatched,
            "rejected": [
                {"row": one.row, "column": one.column, "code": one.code, "message": one.message}
                for one in self.rejected
            ],
        }


def reason_text(code: str, parameters: Mapping[str, str]) -> str:
    """Why a row was not credited, as a sentence in the reader's language; empty for no reason."""
    message = REASONS.get(code)
    if message is None:
        return code
    text = gettext(message)
    return text % dict(parameters) if parameters else text


def decision_text(decision: Decision) -> str:
    return reason_text(decision.fault.code, decision.fault.parameters) if decision.fault else ""


def report_of(
    decisions: Sequence[Decision], *, kind: FileKind, titles: Mapping[str, str], file_id: int | None
) -> ImportReport:
    count = Counter(decision.state for decision in decisions)
    rejected = [decision for decision in decisions if decision.state is RowState.REJECTED]
    wrong = [decision for decision in decisions if decision.state in TO_CORRECT]
    waiting = [decision for decision in decisions if decision.state in (RowState.HELD_BACK, RowState.UNMATCHED)]
    return ImportReport(
        file_id=file_id,
        kind=kind,
        rows=len(decisions),
        credited=count[RowState.CREDITED],
        minutes=sum(one.row.minutes or 0 for one in decisions if one.state is RowState.CREDITED),
        no_sign_out=count[RowState.NO_SIGN_OUT],
        held_back=count[RowState.HELD_BACK],
        already_known=count[RowState.ALREADY_KNOWN],
        unmatched=count[RowState.UNMATCHED],
        rejected=[
            Rejection(one.row.row_number, one.fault.column, one.fault.code, decision_text(one))
            for one in rejected
            if one.fault
        ],
        waiting=[_preview(one) for one in waiting[:PREVIEW_ROWS]],
        to_correct=to_correct_of_decisions(wrong, titles) if wrong else None,
    )


def _preview(decision: Decision) -> PreviewRow:
    row = decision.row
    return PreviewRow(row.row_number, row.name, row.number, row.minutes or 0, decision.state, decision_text(decision))


def to_correct_of_decisions(decisions: Iterable[Decision], titles: Mapping[str, str]) -> bytes:
    return _workbook(
        titles,
        [(one.row.cells, f"{one.fault.column}: {decision_text(one)}" if one.fault else "") for one in decisions],
    )


def to_correct_of_file(file: ImportFile) -> bytes:
    """The rows of a file that are still rejected or whose person is unknown, to be corrected and imported again."""
    lines = file.lines.filter(state__in=[state.value for state in TO_CORRECT]).order_by("sheet", "row_number", "pk")
    return _workbook(dict(file.titles), [(line.cells, f"{line.column}: {line_text(line)}") for line in lines])


def line_text(line: ImportLine) -> str:
    """Why a line was not credited, in the reader's language."""
    return reason_text(line.code, line.parameters) if line.code else ""


def _workbook(titles: Mapping[str, str], rows: Sequence[tuple[Mapping[str, str], str]]) -> bytes:
    return write_workbook(
        sheet_name=gettext("Rows to correct"),
        headers=[*titles.values(), gettext("Why this row was not imported")],
        rows=[
            [*("" if (text := cells.get(name, "")) == ROUNDED_NUMBER else text for name in titles), why]
            for cells, why in rows
        ],
    )
