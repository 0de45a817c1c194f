"""Up to which id a table is complete, so that what is sealed stays what it was: no row can commit behind it."""

from __future__ import annotations

import time
from typing import Final

from django.db import connection, models

WAIT_SECONDS_MAX: Final = 2.0
LOOK_AGAIN_SECONDS: Final = 0.02
WRITERS: Final = """
SELECT coalesce(virtualtransaction, '') FROM pg_locks
 WHERE locktype = 'relation' AND relation = to_regclass(%s) AND mode = 'RowExclusiveLock' AND granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND pid IS DISTINCT FROM pg_backend_pid()
"""
"""Every INSERT holds this lock from before it draws its id until its transaction ends."""


def safe_horizon(model: type[models.Model]) -> int:
    """The greatest id below which every row has committed or never will; 0 where some writer takes its time.

    SQLite has one writer, so what is visible is complete. On PostgreSQL whoever drew an id before the greatest one was
    read has committed, or still holds the lock of its INSERT: once those are gone, no id can appear below it. Only
    writers of this very table are waited for, whatever else the server does. Not inside a transaction that wrote to it.
    """
    table = model._meta.db_table
    greatest = models.QuerySet(model).aggregate(greatest=models.Max("pk"))["greatest"] or 0
    if connection.vendor != "postgresql":
        return int(greatest)
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [table])
        waited_for = {row[0] for row in cursor.fetchall()}
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while waited_for and time.monotonic() < deadline:
            time.sleep(LOOK_AGAIN_SECONDS)
            cursor.execute(WRITERS, [table])
            waited_for &= {row[0] for row in cursor.fetchall()}
    return 0 if waited_for else int(greatest)
