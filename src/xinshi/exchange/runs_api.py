"""Long imports and explained columns for programs: begun, watched, stopped, gone on with; remembered and forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from ninja import File, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field, StringConstraints

from xinshi.documents.sheets import FILE_BYTES_MAX, FileTooLarge
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.exchange import actions, queries
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.mapping import COLUMNS_MAX, TITLE_SIGNS_MAX
from xinshi.exchange.models import ColumnMapping, ImportRun
from xinshi.exchange.schemas import Cursor, Identifier, Limit, Sender, SenderField

router = Router(tags=["exchange"])
RunState = Literal["running", "stopped", "done", "failed"]
Column = Annotated[int | None, Field(ge=0, lt=COLUMNS_MAX)]
Title = Annotated[str, StringConstraints(max_length=TITLE_SIGNS_MAX, pattern=NO_NUL)]


class ImportRunOut(Schema):
    """How far the worker came with a file; `figures` counts this run's rows by what they became, and its `minutes`.

    `error_code` says why it stopped or failed; empty where somebody stopped it.
    """

    id: int
    file_id: int
    file_name: str
    sender: str
    state: RunState
    rows: int
    done_rows: int
    figures: dict[str, int]
    error_code: str
    started_at: datetime
    ended_at: datetime | None


class ImportRunBegunOut(Schema):
    run_id: int


class ColumnsMeant(Schema):
    """In which column, from 0, each thing stands; null where it does not. Whose hours, and how many of one kind."""

    name: Column = None
    number: Column = None
    verified: Column = None
    honorary: Column = None
    reason: Column = None
    title: Column = None
    day: Column = None
    start: Column = None
    end: Column = None


class RememberColumnsIn(Schema):
    """`titles` is the row of titles as it stands in files of `sender`; `in_minutes`: the hours' column counts minutes."""

    titles: Annotated[list[Title], Field(min_length=1, max_length=COLUMNS_MAX)]
    columns: ColumnsMeant
    in_minutes: bool = False
    sender: Sender = ""


class ChangeColumnsIn(Schema):
    columns: ColumnsMeant
    in_minutes: bool = False


class RememberedColumnsOut(Schema):
    """What somebody said about a sender's files with exactly these titles; `uses` counts those that were taken in by it."""

    id: int
    sender: str
    titles: list[str]
    columns: ColumnsMeant
    in_minutes: bool
    said_at: datetime
    used_at: datetime | None
    uses: int


class ColumnsRememberedOut(Schema):
    mapping_id: int


class ColumnsForgottenOut(Schema):
    is_forgotten: bool = True


@router.post("/runs", response=ImportRunBegunOut)
@idempotent(in_one_transaction=False)
def begin_import_run(
    request: HttpRequest, file: File[UploadedFile], *, sender: SenderField = "", columns_as: SenderField = ""
) -> ImportRunBegunOut:
    """Let the worker take a long file in, portion by portion; what is wrong with the file as such is refused at once.

    `sender` and `columns_as` as for an import at once.
    """
    actor = actor_of(request)
    require_keeper(actor)
    if file.size is None or file.size > FILE_BYTES_MAX:
        raise FileTooLarge
    name = (file.name or "").replace("\0", "")
    made = actions.start_run(actor=actor, data=file.read(), file_name=name, sender=sender, columns_as=columns_as)
    return ImportRunBegunOut(run_id=made)


@router.get("/runs", response=CursorPage[ImportRunOut])
def list_import_runs(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Every taking-in of a file, the newest first."""
    return cursor_page(queries.runs(actor_of(request)), cursor=cursor, limit=limit, render=_run)


@router.get("/runs/{run_id}", response=ImportRunOut)
def show_import_run(request: HttpRequest, run_id: Identifier) -> ImportRunOut:
    return _run(queries.run(actor_of(request), run_id))


@router.post("/runs/{run_id}/stop", response=ImportRunOut)
@idempotent
def stop_import_run(request: HttpRequest, run_id: Identifier) -> ImportRunOut:
    """Let it rest before its next portion; what was credited stays."""
    actor = actor_of(request)
    actions.stop_run(actor=actor, run_id=run_id)
    return _run(queries.run(actor, run_id))


@router.post("/runs/{run_id}/continue", response=ImportRunOut)
@idempotent
def continue_import_run(request: HttpRequest, run_id: Identifier) -> ImportRunOut:
    """Let it go on where it was."""
    actor = actor_of(request)
    actions.continue_run(actor=actor, run_id=run_id)
    return _run(queries.run(actor, run_id))


@router.get("/columns", response=CursorPage[RememberedColumnsOut])
def list_remembered_columns(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """What people said about titles that are not understood by themselves, the newest first."""
    return cursor_page(queries.remembered_columns(actor_of(request)), cursor=cursor, limit=limit, render=_mapping)


@router.post("/columns", response=ColumnsRememberedOut)
@idempotent
def remember_file_columns(request: HttpRequest, payload: RememberColumnsIn) -> ColumnsRememberedOut:
    """Say what the columns of a sender's files with these titles are; said again, the newer word holds."""
    made = actions.remember_columns(
        actor=actor_of(request),
        titles=payload.titles,
        columns=_meant(payload.columns),
        in_minutes=payload.in_minutes,
        sender=payload.sender,
    )
    return ColumnsRememberedOut(mapping_id=made)


@router.put("/columns/{mapping_id}", response=RememberedColumnsOut)
@idempotent
def change_file_columns(request: HttpRequest, mapping_id: Identifier, payload: ChangeColumnsIn) -> RememberedColumnsOut:
    """Say anew what the columns are; it holds from the next file on."""
    actor = actor_of(request)
    actions.change_columns(
        actor=actor, mapping_id=mapping_id, columns=_meant(payload.columns), in_minutes=payload.in_minutes
    )
    return _mapping(queries.remembered_mapping(actor, mapping_id))


@router.delete("/columns/{mapping_id}", response=ColumnsForgottenOut)
@idempotent
def forget_file_columns(request: HttpRequest, mapping_id: Identifier) -> ColumnsForgottenOut:
    """Forget it: the next file with these titles is asked about again."""
    actions.forget_columns(actor=actor_of(request), mapping_id=mapping_id)
    return ColumnsForgottenOut()


def _meant(columns: ColumnsMeant) -> dict[str, int]:
    return {name: place for name, place in columns.model_dump().items() if place is not None}


def _run(row: ImportRun) -> ImportRunOut:
    return ImportRunOut(
        id=row.pk,
        file_id=row.file_id,
        file_name=row.file.file_name,
        sender=row.sender.name,
        state=cast("RunState", row.state),
        rows=row.row_count,
        done_rows=row.done_rows,
        figures=row.figures,
        error_code=row.error_code,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _mapping(row: ColumnMapping) -> RememberedColumnsOut:
    return RememberedColumnsOut(
        id=row.pk,
        sender=row.sender.name,
        titles=row.titles,
        columns=ColumnsMeant(**row.columns),
        in_minutes=row.in_minutes,
        said_at=row.said_at,
        used_at=row.used_at,
        uses=row.uses,
    )
