"""Long imports: kept sealed, taken portion by portion by whichever worker is free, stopped and gone on with by people."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from xinshi.audit.actions import record
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.importing import begin_run, go_on, keyed_file
from xinshi.exchange.actions.portions import RunStopped
from xinshi.exchange.models import ImportRun
from xinshi.exchange.partners.domain import PartnerDisputed, PartnerPaused
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.people.access import actor_for
from xinshi.people.models import User
from xinshi.vault.cipher import VaultError, decrypt_bytes, encrypt_bytes

FOLDER: Final = "imports"
CONTEXT: Final = "exchange_import_run.content"
ABANDONED: Final = timedelta(seconds=60)
"""Whoever worked at a run and was not heard of for so long has died; no portion takes longer."""
RUNS_AT_ONCE: Final = 20
State = ImportRun.State
log = logging.getLogger(__name__)


class RunEnded(DomainError):
    code = "run_ended"
    message = gettext_noop("This import has come to its end. Load the page again.")


class FileReadOtherwise(DomainError):
    code = "file_read_otherwise"
    message = gettext_noop("What the columns mean was changed meanwhile. Upload the file again.")


def start_run(*, actor: Actor, data: bytes, file_name: str, sender: str = "", columns_as: str = "") -> int:
    """Let the worker take a file in; returns the run's id. The refusals of `import_zhiyuanhui` come at once."""
    require_keeper(actor)
    keyed = keyed_file(data, file_name, sender=sender, columns_as=columns_as)
    path = default_storage.save(
        f"{FOLDER}/{secrets.token_urlsafe(24)}", ContentFile(encrypt_bytes(data, context=CONTEXT))
    )
    try:
        return begin_run(
            actor=actor, keyed=keyed, file_name=file_name, sender=sender, columns_as=columns_as, path=path
        ).pk
    except BaseException:
        default_storage.delete(path)
        raise


@transaction.atomic
def stop_run(*, actor: Actor, run_id: int) -> None:
    """Let a run rest before its next portion; what was credited stays. RunEnded where it is over."""
    _turn(actor, run_id, State.STOPPED)


@transaction.atomic
def continue_run(*, actor: Actor, run_id: int) -> None:
    """Let a run that rests go on where it was; RunEnded where it is over or its file is no longer kept here."""
    _turn(actor, run_id, State.RUNNING)


def _turn(actor: Actor, run_id: int, state: ImportRun.State) -> None:
    require_keeper(actor)
    run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound
    if run.state not in (State.RUNNING, State.STOPPED) or (state is State.RUNNING and not run.path):
        raise RunEnded
    if run.state == state:
        return
    run.state, run.error_code = state, ""
    run.beat_at = None if state is State.RUNNING else run.beat_at
    run.save(update_fields=["state", "error_code", "beat_at"])
    record(actor=actor, action=f"exchange.run_{state.value}", object_ref=f"exchange-run:{run_id}", rows=run.done_rows)


def go_on_with_imports() -> int:
    """Take up what waits or was abandoned, one run after the other; returns how many were worked at."""
    for done in range(RUNS_AT_ONCE):
        run = _claimed()
        if run is None:
            return done
        _work_at(run)
    return RUNS_AT_ONCE


def _claimed() -> ImportRun | None:
    """The oldest run that nobody works at, now ours; None where there is none."""
    at = clock.now()
    free = Q(state=State.RUNNING) & (Q(beat_at=None) | Q(beat_at__lt=at - ABANDONED))
    for run in (
        ImportRun.objects.filter(free).exclude(path="").select_related("file", "sender").order_by("pk")[:RUNS_AT_ONCE]
    ):
        if ImportRun.objects.filter(free, pk=run.pk).update(beat_at=at):
            return run
    return None


def _work_at(run: ImportRun) -> None:
    try:
        _take_the_rest(run)
    except RunStopped:
        return
    except (PartnerPaused, PartnerDisputed) as refusal:
        _set_aside(run, State.STOPPED, refusal.code)
        return
    except DomainError as refusal:
        _set_aside(run, State.FAILED, refusal.code)
    except Exception:  # A run that cannot go on must not keep the others waiting; a person lets it go on.
        log.exception("import interrupted", extra={"run": run.pk})
        _set_aside(run, State.STOPPED, "interrupted")
        return
    default_storage.delete(run.path)


def _take_the_rest(run: ImportRun) -> None:
    actor = _who_started(run)
    try:
        with default_storage.open(run.path) as stream:
            data = decrypt_bytes(stream.read(), context=CONTEXT)
    except (OSError, VaultError):
        raise NotFound from None
    keyed = keyed_file(data, run.file.file_name, sender=run.sender.name)
    if keyed.content_hash != run.file.content_hash:
        raise FileReadOtherwise
    go_on(actor=actor, run=run, keyed=keyed)


def _who_started(run: ImportRun) -> Actor:
    """The person as whom the run acts, so that nobody credits their own hours by a worker's hand."""
    kind, _, name = run.started_by_ref.partition(":")
    if kind != "user":
        return Actor.system(name or "import")
    actor = actor_for(User.objects.filter(pk=int(name)).first())
    require_keeper(actor)
    return actor


def _set_aside(run: ImportRun, state: ImportRun.State, code: str) -> None:
    ended = {"ended_at": clock.now()} if state is State.FAILED else {}
    ImportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(state=state.value, error_code=code, **ended)
