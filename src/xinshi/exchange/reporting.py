"""What an import did, or on a dry run would do, and the rows that somebody has to correct as a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext

from xinshi.documents.sheets import ROUNDED_NUMBER, plain_title
from xinshi.documents.workbook import write_workbook
from xinshi.exchange.domain import REASONS, FileKind, RowState
from xinshi.exchange.judging import Decision
from xinshi.exchange.models import ImportFile, ImportLine
from xinshi.exchange.packed import PackedList
from xinshi.exchange.zhiyuanhui.columns import ALL_TIME_WORDS
from xinshi.exchange.zhiyuanhui.reading import ReadFile

PREVIEW_ROWS: Final = 50
WrongRow = tuple[Mapping[str, str], str]
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
    wrong: Sequence[WrongRow]
    """Rejected rows and those of unknown people: their cells by field, and why."""
    titles: Mapping[str, str]
    skipped: int = 0
    skipped_rows: Sequence[int] = ()
    """Rows that say nobody's hours, such as totals: how many, and the first of them."""
    run_id: int | None = None
    understood: Sequence[str] = ()
    """Fingerprints of titles that nobody had to explain."""
    passed_over: Sequence[str] = ()
    """Names of sheets of which nothing was read."""
    hidden_rows: int = 0
    """How many of the rows that were read are hidden in the file."""

    @property
    def left_out(self) -> str:
        """Title of a column of honorary hours beside the verified ones that count here; empty where there is none."""
        return "" if self.kind is FileKind.HONORARY else self.titles.get("honorary", "")

    @property
    def all_time(self) -> str:
        """Title of the column of hours that counts, where it sums up all time: a later file says the same hours again."""
        title = self.titles.get("verified", "") if self.kind is FileKind.VERIFIED_SUMMARY else ""
        return title if plain_title(title).startswith(ALL_TIME_WORDS) else ""

    @property
    def to_correct(self) -> bytes | None:
        """The wrong rows as a spreadsheet in their own columns; None where there is none."""
        return _workbook(self.titles, self.wrong) if self.wrong else None

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


class ReportWriter:
    """Adds a run up, portion by portion."""

    def __init__(self, read: ReadFile, *, file_id: int | None, run_id: int | None) -> None:
        self._read = read
        self._ids = file_id, run_id
        self._count: Counter[str] = Counter()
        self._rejected: PackedList[Rejection] = PackedList()
        self._waiting: list[PreviewRow] = []
        self._wrong: PackedList[WrongRow] = PackedList()

    def add(self, decisions: Sequence[Decision]) -> None:
        for state, number in Counter(decision.state for decision in decisions).items():
            self._count[state.value] += number
        for one in decisions:
            if one.state is RowState.CREDITED:
                self._count["minutes"] += one.row.minutes or 0
                continue
            if one.state in TO_CORRECT and one.fault:
                self._wrong.append((one.row.cells, f"{one.fault.column}: {decision_text(one)}"))
            if one.state is RowState.REJECTED and one.fault:
                text = decision_text(one)
                self._rejected.append(Rejection(one.row.row_number, one.fault.column, one.fault.code, text))
            elif one.state in (RowState.HELD_BACK, RowState.UNMATCHED) and len(self._waiting) < PREVIEW_ROWS:
                self._waiting.append(_preview(one))

    def add_earlier(self, figures: Mapping[str, int], file: ImportFile) -> None:
        """What the same run did before it was interrupted."""
        self._count.update(figures)
        for line in file.lines.filter(state__in=[state.value for state in TO_CORRECT]).order_by("pk").iterator():
            self._wrong.append((line.cells, f"{line.column}: {line_text(line)}"))
            if line.state == RowState.REJECTED.value:
                self._rejected.append(Rejection(line.row_number, line.column, line.code, line_text(line)))

    def finished(self) -> ImportReport:
        count = self._count
        file_id, run_id = self._ids
        return ImportReport(
            file_id=file_id,
            run_id=run_id,
            kind=self._read.kind,
            rows=self._read.row_count,
            credited=count["credited"],
            minutes=count["minutes"],
            no_sign_out=count["no_sign_out"],
            held_back=count["held_back"],
            already_known=count["already_known"],
            unmatched=count["unmatched"],
            rejected=self._rejected,
            waiting=self._waiting,
            wrong=self._wrong,
            titles=self._read.titles,
            skipped=self._read.skipped,
            skipped_rows=self._read.skipped_rows,
            understood=self._read.understood,
            passed_over=self._read.passed_over,
            hidden_rows=self._read.hidden_rows,
        )


def _preview(decision: Decision) -> PreviewRow:
    row = decision.row
    return PreviewRow(row.row_number, row.name, row.number, row.minutes or 0, decision.state, decision_text(decision))


def to_correct_of_file(file: ImportFile) -> bytes:
    """The rows of a file that are still rejected or whose person is unknown, to be corrected and imported again."""
    lines = file.lines.filter(state__in=[state.value for state in TO_CORRECT]).order_by("sheet", "row_number", "pk")
    return _workbook(dict(file.titles), [(line.cells, f"{line.column}: {line_text(line)}") for line in lines])


def line_text(line: ImportLine) -> str:
    """Why a line was not credited, in the reader's language."""
    return reason_text(line.code, line.parameters) if line.code else ""


def _workbook(titles: Mapping[str, str], rows: Sequence[WrongRow]) -> bytes:
    return write_workbook(
        sheet_name=gettext("Rows to correct"),
        headers=[*titles.values(), gettext("Why this row was not imported")],
        rows=[
            [*("" if (text := cells.get(name, "")) == ROUNDED_NUMBER else text for name in titles), why]
            for cells, why in rows
        ],
    )
