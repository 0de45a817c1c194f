"""The exchange for programs: files taken in, lines and decisions on them, files that go out. Minutes throughout."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile

from xinshi.documents.sheets import FILE_BYTES_MAX, FileTooLarge
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.exchange import actions, queries
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.exporting import written_again
from xinshi.exchange.inbox_api import router as inbox_router
from xinshi.exchange.models import HonoraryExport, ImportFile
from xinshi.exchange.pages import workbook_response
from xinshi.exchange.partners.api import router as partners_router
from xinshi.exchange.reporting import to_correct_of_file
from xinshi.exchange.runs_api import router as runs_router
from xinshi.exchange.schemas import (
    Cursor,
    ExchangeLineOut,
    Identifier,
    Limit,
    LineIds,
    LinesDecidedOut,
    LineState,
    Reason,
    Remark,
    SenderField,
    line_fields,
    line_out,
)
from xinshi.exchange.zhiyuanhui.columns import TEMPLATE_FILE_NAME

router = Router(tags=["exchange"])
router.add_router("", partners_router)
router.add_router("", inbox_router)
router.add_router("", runs_router)
XLSX: dict[str, Any] = {"responses": {200: {"content": {XLSX_CONTENT_TYPE: {}}}}}


class ExchangeRejectionOut(Schema):
    row: int
    column: str
    code: str
    message: str


class ExchangeImportOut(Schema):
    """What this run did or, on a dry run, would do. Every row stands in exactly one of the counts.

    `skipped` are rows that say nobody's hours, such as totals; they are not among `rows`.
    """

    file_id: int | None
    kind: Literal["honorary", "verified"]
    rows: int
    credited: int
    minutes: int
    no_sign_out: int
    held_back: int
    already_known: int
    unmatched: int
    skipped: int
    rejected: list[ExchangeRejectionOut]


class ExchangeFileOut(Schema):
    """A file by its content; `states` counts its lines as they stand now.

    `sender` is who handed it over first; null for what came through the interface.
    """

    id: int
    kind: str
    sender: str | None
    file_name: str
    rows: int
    runs: int
    first_imported_at: datetime
    last_imported_at: datetime
    credited_minutes: int
    states: dict[str, int]


class ExchangeLineDetailOut(ExchangeLineOut):
    deposit_id: int | None
    is_taken_back: bool


class AcceptLinesIn(Schema):
    line_ids: LineIds
    reason: Remark = ""


class DiscardLinesIn(Schema):
    line_ids: LineIds
    reason: Reason


class HonoraryExportIn(Schema):
    from_day: date
    to_day: date


class HonoraryExportOut(Schema):
    """`export_id` is null where there was nothing to send; `hours` is the sum in the file."""

    export_id: int | None
    is_new: bool
    rows: int
    hours: str
    minutes: int
    carried_minutes: int
    without_consent: int
    without_number: int


class HonoraryFileOut(Schema):
    id: int
    from_day: date
    to_day: date
    exported_at: datetime


@router.post("/imports", response=ExchangeImportOut)
@idempotent(in_one_transaction=False)
def import_file(
    request: HttpRequest,
    file: File[UploadedFile],
    *,
    dry_run: Form[bool] = False,
    sender: SenderField = "",
    columns_as: SenderField = "",
) -> ExchangeImportOut:
    """Credit the hours in a file of 志愿汇, each once; coordinators and administrators.

    `sender` is who handed it over, 志愿汇 itself where it is empty. `columns_as` confirms that columns which were explained
    for files of that other sender are the same here.
    """
    actor = actor_of(request)
    require_keeper(actor)
    if file.size is None or file.size > FILE_BYTES_MAX:
        raise FileTooLarge
    report = actions.import_zhiyuanhui(
        actor=actor,
        data=file.read(),
        file_name=(file.name or "").replace("\0", ""),
        sender=sender,
        columns_as=columns_as,
        dry_run=dry_run,
    )
    return ExchangeImportOut(file_id=report.file_id, skipped=report.skipped, **report.as_json())


@router.get("/files", response=CursorPage[ExchangeFileOut])
def list_exchange_files(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Imported files, the newest first."""
    rows = queries.files(actor_of(request))
    return cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: _file(queries.file_cards([row])[0]))


@router.get("/files/{file_id}", response=ExchangeFileOut)
def show_exchange_file(request: HttpRequest, file_id: Identifier) -> ExchangeFileOut:
    return _file(queries.file(actor_of(request), file_id))


@router.get("/files/{file_id}/rows-to-correct.xlsx", openapi_extra=XLSX)
def show_rows_to_correct(request: HttpRequest, file_id: Identifier) -> HttpResponse:
    """The rows of a file that were not taken, in their own columns, and why."""
    found = queries.file(actor_of(request), file_id).file
    return workbook_response(to_correct_of_file(found), "rows-to-correct.xlsx")


@router.get("/lines", response=CursorPage[ExchangeLineOut])
def list_exchange_lines(
    request: HttpRequest,
    state: Annotated[LineState, Query()] = "",
    file_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Lines that the caller may see, the newest first: everybody their own, keepers and auditors all."""
    rows = queries.lines(actor_of(request), state=state, file_id=file_id)
    return cursor_page(rows, cursor=cursor, limit=limit, render=line_out)


@router.get("/lines/{line_id}", response=ExchangeLineDetailOut)
def show_exchange_line(request: HttpRequest, line_id: Identifier) -> ExchangeLineDetailOut:
    found = queries.line(actor_of(request), line_id)
    return ExchangeLineDetailOut(
        **line_fields(found.line),
        deposit_id=found.deposit.pk if found.deposit else None,
        is_taken_back=found.is_taken_back,
    )


@router.post("/held-back/accept", response=LinesDecidedOut)
@idempotent
def accept_exchange_lines(request: HttpRequest, payload: AcceptLinesIn) -> LinesDecidedOut:
    """Credit lines that were held back, all or none; never one's own."""
    minutes = actions.accept_lines(actor=actor_of(request), line_ids=payload.line_ids, reason=payload.reason)
    return LinesDecidedOut(lines=len(set(payload.line_ids)), minutes=minutes)


@router.post("/held-back/discard", response=LinesDecidedOut)
@idempotent
def discard_exchange_lines(request: HttpRequest, payload: DiscardLinesIn) -> LinesDecidedOut:
    """Lay lines that were held back aside for good, with the reason; never one's own."""
    number = actions.discard_lines(actor=actor_of(request), line_ids=payload.line_ids, reason=payload.reason)
    return LinesDecidedOut(lines=number, minutes=0)


@router.post("/exports", response=HonoraryExportOut)
@idempotent
def write_honorary_export(request: HttpRequest, payload: HonoraryExportIn) -> HonoraryExportOut:
    """Write the honorary file of a period; asked again with nothing new, it is the same file."""
    report = actions.export_zhiyuanhui(actor=actor_of(request), from_day=payload.from_day, to_day=payload.to_day)
    figures = report.as_json()
    return HonoraryExportOut(export_id=figures.pop("export"), **figures)


@router.get("/exports", response=CursorPage[HonoraryFileOut])
def list_honorary_exports(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Files that went out, the newest first."""
    return cursor_page(queries.exports(actor_of(request)), cursor=cursor, limit=limit, render=_export)


@router.get("/exports/{export_id}/hours.xlsx", openapi_extra=XLSX)
def show_honorary_export_file(request: HttpRequest, export_id: Identifier) -> HttpResponse:
    """A file that went out, as it was."""
    found = queries.export(actor_of(request), export_id)
    return workbook_response(written_again(found), TEMPLATE_FILE_NAME)


def _file(card: queries.FileCard) -> ExchangeFileOut:
    row: ImportFile = card.file
    return ExchangeFileOut(
        id=row.pk,
        kind=row.kind,
        sender=row.sender.name if row.sender else None,
        file_name=row.file_name,
        rows=row.row_count,
        runs=row.runs,
        first_imported_at=row.first_imported_at,
        last_imported_at=row.last_imported_at,
        credited_minutes=card.credited_minutes,
        states=card.counts,
    )


def _export(row: HonoraryExport) -> HonoraryFileOut:
    return HonoraryFileOut(id=row.pk, from_day=row.from_day, to_day=row.to_day, exported_at=row.exported_at)
