"""Taking a file of 志愿汇 in: read it, then judge and credit its rows portion by portion, each in its own transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import transaction

from xinshi.documents.sheets import HeaderNotFound
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.mapping import (
    ColumnsKnownElsewhere,
    adopt_columns,
    note_used,
    proposals,
    said_columns,
    said_elsewhere,
)
from xinshi.exchange.actions.portions import (
    KeyedFile,
    RunStopped,
    end_run,
    locked_partner,
    portion_of,
    take_portion,
)
from xinshi.exchange.actions.senders import sender_of
from xinshi.exchange.judging import Decision, Judge
from xinshi.exchange.known import knowledge
from xinshi.exchange.models import ImportFile, ImportRun
from xinshi.exchange.partners.domain import PartnerPaused
from xinshi.exchange.reporting import ImportReport, ReportWriter
from xinshi.exchange.zhiyuanhui.reading import IMPORT_ROWS_MAX, ReadFile, TooManyRows, read_file
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.ahead import ahead
from xinshi.kernel.collecting import collected_afterwards
from xinshi.kernel.errors import DomainError

__all__ = ["IMPORT_ROWS_MAX", "PartnerPaused", "RunStopped", "TooManyRows", "locked_partner"]

FILE_NAME_SIGNS_MAX: Final = 200

Progress = Callable[[int, int], None]


def import_zhiyuanhui(
    *,
    actor: Actor,
    data: bytes,
    file_name: str,
    sender: str = "",
    columns_as: str = "",
    dry_run: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Credit the hours of a file, each once; what is doubtful waits for a person, what is wrong is told by row.

    The same file, or the same rows in another, credit nothing again. On a dry run nothing is written. Each 2,000 rows are
    a transaction of their own: what was credited before a refusal or a kill stays, and importing again goes on.
    `sender` is who handed the file over, 志愿汇 itself where it is empty. `columns_as`: the other sender whose explained
    columns hold for this one's files, too, and are remembered for it; without it ColumnsKnownElsewhere asks for that.
    `resume`: go on with the newest run of the same file that did not come to its end, where there is one.
    """
    require_keeper(actor)
    keyed = keyed_file(data, file_name, sender=sender, columns_as=columns_as)
    if dry_run:
        return _tried(actor, keyed, progress)
    run = begin_run(actor=actor, keyed=keyed, file_name=file_name, sender=sender, columns_as=columns_as, resume=resume)
    return go_on(actor=actor, run=run, keyed=keyed, progress=progress)


def understood(data: bytes, file_name: str, *, sender: str = "") -> ReadFile:
    """The file as its titles say, or as a person once said about these titles in files of this sender.

    ColumnsKnownElsewhere where a person said it of another sender's files only; the refusals of `read_file`.
    """
    try:
        return read_file(data, file_name=file_name, said=said_columns(sender))
    except HeaderNotFound:
        _ask_about_others(data, file_name, sender)
        raise


def keyed_file(data: bytes, file_name: str, *, sender: str = "", columns_as: str = "") -> KeyedFile:
    """The file as `understood` reads it, ready to be taken in."""
    said = (said_columns(columns_as) if columns_as else {}) | said_columns(sender)
    try:
        return KeyedFile.of(data, file_name=file_name, said=said)
    except HeaderNotFound:
        _ask_about_others(data, file_name, sender)
        raise


def _ask_about_others(data: bytes, file_name: str, sender: str) -> None:
    """ColumnsKnownElsewhere where the file would be understood by what was said of another sender's files."""
    said = said_elsewhere(sender)
    if not said:
        return
    try:
        read = read_file(data, file_name=file_name, said=said)
    except DomainError:
        return
    known = proposals(sender, read.said_by)
    if known:
        raise ColumnsKnownElsewhere(sender=known[0].sender.name) from None


@transaction.atomic
def begin_run(
    *,
    actor: Actor,
    keyed: KeyedFile,
    file_name: str,
    sender: str = "",
    columns_as: str = "",
    resume: bool = False,
    path: str = "",
) -> ImportRun:
    """Note the file and a run of it; with `resume` the newest run of this file that did not come to its end goes on."""
    require_keeper(actor)
    partner = locked_partner()
    whose = sender_of(partner, sender)
    file = ImportFile.objects.filter(partner=partner, content_hash=keyed.content_hash).first()
    at = clock.now()
    if file is not None and resume:
        run = file.import_runs.exclude(state=ImportRun.State.DONE).order_by("-pk").first()
        if run is not None:
            run.state, run.ended_at, run.error_code, run.beat_at = ImportRun.State.RUNNING, None, "", at
            run.save(update_fields=["state", "ended_at", "error_code", "beat_at"])
            return run
    if file is not None:
        file.runs += 1
        file.last_imported_at = at
        file.save(update_fields=["runs", "last_imported_at"])
    else:
        file = ImportFile.objects.create(
            partner=partner,
            sender=whose,
            kind=keyed.read.kind.value,
            content_hash=keyed.content_hash,
            file_name=file_name.replace("\0", "")[-FILE_NAME_SIGNS_MAX:],
            row_count=keyed.row_count,
            titles=list(keyed.read.titles.items()),
            first_imported_at=at,
            first_imported_by_ref=actor.reference,
            last_imported_at=at,
        )
    whose.used_at = at
    whose.save(update_fields=["used_at"])
    if columns_as:
        adopt_columns(actor, whose, other=columns_as, marks=keyed.read.said_by)
    note_used(whose, keyed.read.said_by)
    return ImportRun.objects.create(
        file=file,
        sender=whose,
        row_count=keyed.row_count,
        path=path,
        started_at=at,
        started_by_ref=actor.reference,
        beat_at=None if path else at,
    )


def go_on(*, actor: Actor, run: ImportRun, keyed: KeyedFile, progress: Progress | None = None) -> ImportReport:
    """Take the portions that are left, one after the other; RunStopped and PartnerPaused where it must end before."""
    file = run.file
    report = ReportWriter(keyed.read, file_id=file.pk, run_id=run.pk)
    if run.done_rows:
        report.add_earlier(run.figures, file)
    _take_whole_empty(actor, run)
    place = run.done_rows
    while place < run.row_count:
        first = portion_of(place)
        for rows in ahead(keyed.portions(first=first)):
            decisions = take_portion(
                actor=actor, run_id=run.pk, file=file, kind=keyed.read.kind, rows=rows, first=place
            )
            if decisions is None:  # Another process took this portion of the same run: see how far it came.
                break
            report.add(decisions)
            place += len(rows)
            if progress:
                progress(place, run.row_count)
        else:
            break
        place = ImportRun.objects.values_list("done_rows", flat=True).get(pk=run.pk)
    return report.finished()


@transaction.atomic
def _take_whole_empty(actor: Actor, run: ImportRun) -> None:
    """A file without rows is done at once."""
    if run.row_count == 0 and run.state == ImportRun.State.RUNNING:
        end_run(actor, run)


def _tried(actor: Actor, keyed: KeyedFile, progress: Progress | None) -> ImportReport:
    """What an import would do now; nothing is written."""
    with transaction.atomic():
        partner = locked_partner()
        file = ImportFile.objects.filter(partner=partner, content_hash=keyed.content_hash).first()
    report = ReportWriter(keyed.read, file_id=file.pk if file else None, run_id=None)
    judge: Judge | None = None
    done = 0
    for rows in keyed.portions():
        with collected_afterwards():
            known = knowledge(actor=actor, partner_id=partner.pk, file=file, rows=rows)
            if judge is None:
                judge = Judge(keyed.read.kind, known, repeated=keyed.repeated)
            judge.known = known
            decisions: list[Decision] = [judge.decide(one) for one in rows]
            report.add(decisions)
        done += len(rows)
        if progress:
            progress(done, keyed.row_count)
    return report.finished()
