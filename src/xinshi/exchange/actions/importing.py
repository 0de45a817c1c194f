"""Taking a file of 志愿汇 in: read it, judge every row, credit what can be credited, all in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.actions import deposit_many
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.crediting import new_deposits
from xinshi.exchange.domain import ZHIYUANHUI, FileKind, RowState, canonical_row
from xinshi.exchange.events import HoursImported
from xinshi.exchange.judging import Decision, Judge, Keyed, keyed_rows
from xinshi.exchange.known import knowledge
from xinshi.exchange.models import ImportFile, ImportLine, Partner
from xinshi.exchange.reporting import TO_CORRECT, ImportReport, report_of
from xinshi.exchange.zhiyuanhui.reading import ReadFile, read_file
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.outbox.actions import publish
from xinshi.vault.cipher import blind_index

ROW_CONTEXT: Final = "exchange.row"
IMPORT_ROWS_MAX: Final = 100_000
PROGRESS_EVERY: Final = 500
BATCH_ROWS: Final = 1_000

Progress = Callable[[int, int], None]


class PartnerPaused(DomainError):
    code = "partner_paused"
    message = gettext_noop("The exchange with this partner is paused, so nothing was taken in or sent out.")


class TooManyRows(DomainError):
    code = "too_many_rows"
    message = gettext_noop("The file has more than 100,000 rows. Split it into smaller files.")
    status = 422


def import_zhiyuanhui(
    *, actor: Actor, data: bytes, file_name: str, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Credit the hours of a file, each once; what is doubtful waits for a person, what is wrong is told by row.

    The same file, or the same rows in another, credit nothing again. On a dry run nothing is written.
    """
    require_keeper(actor)
    found = read_file(data, file_name=file_name)
    if len(found.rows) > IMPORT_ROWS_MAX:
        raise TooManyRows
    rows = keyed_rows((row, blind_index(canonical_row(row, found.kind), context=ROW_CONTEXT)) for row in found.rows)
    with transaction.atomic():
        partner = locked_partner()
        content_hash = content_hash_of(found.kind, rows)
        file = ImportFile.objects.filter(partner=partner, content_hash=content_hash).first()
        decisions = _decide(actor, partner, file, found, rows, progress)
        if not dry_run:
            file = _remember_file(actor, partner, file, content_hash, file_name, found)
            _write(actor, file, decisions)
        file_id = file.pk if file else None
        report = report_of(decisions, kind=found.kind, titles=found.titles, file_id=file_id)
        if file is not None and not dry_run:
            _tell(actor, file, report)
    return report


def locked_partner() -> Partner:
    """志愿汇's row, locked: files go in and out one after the other. PartnerPaused while nothing may."""
    partner = Partner.objects.select_for_update().get(code=ZHIYUANHUI)
    if not partner.is_active:
        raise PartnerPaused
    return partner


def content_hash_of(kind: FileKind, rows: Sequence[Keyed]) -> str:
    """What identifies a file: its rows in any order, however it was saved and named."""
    text = "\n".join([kind.value, *sorted(keyed.key for keyed in rows)])
    return hashlib.sha256(text.encode()).hexdigest()


def _decide(
    actor: Actor,
    partner: Partner,
    file: ImportFile | None,
    found: ReadFile,
    rows: Sequence[Keyed],
    progress: Progress | None,
) -> list[Decision]:
    judge = Judge(found.kind, knowledge(actor=actor, partner_id=partner.pk, file=file, rows=rows))
    decisions = []
    for done, keyed in enumerate(rows, start=1):
        decisions.append(judge.decide(keyed))
        if progress and (done % PROGRESS_EVERY == 0 or done == len(rows)):
            progress(done, len(rows))
    return decisions


def _remember_file(
    actor: Actor, partner: Partner, file: ImportFile | None, content_hash: str, file_name: str, found: ReadFile
) -> ImportFile:
    at = clock.now()
    if file is not None:
        file.runs += 1
        file.last_imported_at = at
        file.save(update_fields=["runs", "last_imported_at"])
        return file
    return ImportFile.objects.create(
        partner=partner,
        kind=found.kind.value,
        content_hash=content_hash,
        file_name=file_name.replace("\0", "")[-200:],
        row_count=len(found.rows),
        titles=list(found.titles.items()),
        first_imported_at=at,
        first_imported_by_ref=actor.reference,
        last_imported_at=at,
    )


def _write(actor: Actor, file: ImportFile, decisions: Sequence[Decision]) -> None:
    """Lines for rows that are new; lines of an earlier run that were looked at again are brought up to date."""
    at = clock.now()
    earlier = {(line.row_key, line.occurrence): line for line in file.lines.all()} if file.runs > 1 else {}
    new: list[ImportLine] = []
    changed: list[ImportLine] = []
    credited: list[ImportLine] = []
    for decision in decisions:
        if decision.is_settled:
            continue
        line = earlier.get((decision.keyed.key, decision.keyed.occurrence))
        (new if line is None else changed).append(line := _line(file, decision, line, actor, at))
        if decision.state is RowState.CREDITED:
            credited.append(line)
    ImportLine.objects.bulk_create(new, batch_size=BATCH_ROWS)
    ImportLine.objects.bulk_update(changed, OUTCOME_COLUMNS, batch_size=LOOKED_AT_AGAIN_ROWS)
    deposit_many(actor=actor, deposits=new_deposits(credited), partner=ZHIYUANHUI)


OUTCOME_COLUMNS: Final = ("person", "state", "code", "parameters", "column", "cells", "decided_at", "decided_by_ref")
LOOKED_AT_AGAIN_ROWS: Final = 50


def _line(file: ImportFile, decision: Decision, line: ImportLine | None, actor: Actor, at: datetime) -> ImportLine:
    row, fault = decision.row, decision.fault
    if line is None:
        line = ImportLine(
            file=file,
            sheet=row.sheet[:64],
            row_number=row.row_number,
            row_key=decision.keyed.key,
            occurrence=decision.keyed.occurrence,
            name=row.name[:64],
            volunteer_number=row.number[:64],
            hours_kind=FileKind(file.kind).hours_kind.value,
            title=row.title[:500],
            day=row.day,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            minutes=row.minutes or 0,
        )
    line.person_id = decision.person_id
    line.state = decision.state.value
    line.code = fault.code if fault else ""
    line.parameters = dict(fault.parameters) if fault else {}
    line.column = fault.column[:64] if fault else ""
    line.cells = dict(row.cells) if decision.state in TO_CORRECT else {}
    if decision.state is RowState.CREDITED:
        line.decided_at, line.decided_by_ref = at, actor.reference
    return line


def _tell(actor: Actor, file: ImportFile, report: ImportReport) -> None:
    figures = report.as_json() | {"rejected": len(report.rejected)}
    record(actor=actor, action="exchange.import", object_ref=f"exchange-file:{file.pk}", **figures)
    publish(
        HoursImported(
            file_id=file.pk,
            partner=ZHIYUANHUI,
            rows=report.rows,
            credited=report.credited,
            minutes=report.minutes,
            held_back=report.held_back,
        )
    )
