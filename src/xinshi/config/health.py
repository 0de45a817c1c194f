"""`/healthz`: whether database, migrations, worker and book are well. For machines; no personal data."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse

from xinshi.doors.pages import PUBLIC, PageRequest, page
from xinshi.exchange.partners.queries import alarms as partner_alarms
from xinshi.ledger.checking import book_is_right
from xinshi.outbox.queries import backlog, worker_is_alive


@page(PUBLIC)
def healthz(request: PageRequest) -> HttpResponse:  # noqa: ARG001  # Every asker gets the same answer.
    """200 if all is well, else 503; `outbox` tells what waits for the worker.

    `alarms` counts partners of the exchange that are in dispute or silent, or with which differences are overdue: people
    must look, though this site is well.
    `book` is what the last reconciliation found: null where there was none yet, or none for too long.
    """
    found = {"database": False, "migrations": False, "worker": False}
    book: bool | None = None
    outbox: dict[str, object] = {}
    alarms: dict[str, int] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        found["database"] = True
        found["migrations"] = is_migrated()
        found["worker"] = found["migrations"] and worker_is_alive()
        if found["migrations"]:
            book = book_is_right()
            waiting = backlog()
            partners = partner_alarms()
            alarms = {
                "partners_in_dispute": partners.disputed,
                "partners_silent": partners.silent,
                "partners_with_overdue_differences": partners.overdue,
            }
            outbox = {"due": waiting.due, "oldest_due_at": waiting.oldest_due_at, "given_up": waiting.given_up}
    except DatabaseError:
        pass
    is_well = all(found.values()) and book is not False
    answer = {"status": "ok" if is_well else "unwell", **found, "book": book, "outbox": outbox, "alarms": alarms}
    return JsonResponse(answer, status=200 if is_well else 503, headers={"Cache-Control": "no-store"})


def is_migrated() -> bool:
    """True where no migration of this version is missing from the database."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
