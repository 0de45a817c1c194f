"""Writing thousands of rows while what comes next is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections

from xinshi.doors.prepared import is_watched

ROWS_MIN: Final = 200
"""Fewer are written sooner than a thread is started."""


def nothing() -> None:
    """For a caller who has nothing to write beside."""


@contextmanager
def beside(write: Callable[[], object], *, rows: int) -> Iterator[None]:
    """Let a thread write so many rows on the caller's connection while the caller computes.

    A statement of the caller's waits until the connection is free, before the write or after it; both belong to the caller's
    transaction, and the block ends when both are done. Where both fail, the write's error is raised: after it the server
    refuses everything else. Few rows, rows on SQLite and those that somebody watches are written first.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if rows < ROWS_MIN or database.vendor != "postgresql" or is_watched(database):
        write()
        yield
        return
    database.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside") as pool:
            writing = pool.submit(_write_on, database, write)
            try:
                yield
            except BaseException:
                writing.result()
                raise
            writing.result()
    finally:
        database.dec_thread_sharing()


def _write_on(database: Any, write: Callable[[], object]) -> None:
    connections[DEFAULT_DB_ALIAS] = database
    try:
        write()
    finally:
        del connections[DEFAULT_DB_ALIAS]
