"""Sending PostgreSQL the next statement before it has answered the last one: it writes while the program computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections

from xinshi.doors.prepared import is_watched, run, texts_of

ROWS_MIN: Final = 200
"""Fewer are written so soon that nothing is gained."""


def nothing() -> None:
    """For a caller who has nothing to write beside."""


@contextmanager
def pipelined(*, rows: int) -> Iterator[None]:
    """Let what `send` sends inside go unanswered until somebody asks for an answer, or until the end of the block.

    It is one connection and the caller's transaction; the database works the statements through in their order, and whoever
    asks waits for all that were sent before. Where one fails, that is raised there, and those behind it are passed over.
    Nothing inside may look at how many rows were changed, as the ORM's own updates do: that is not known yet. Few rows, rows
    on SQLite and those that somebody watches are written one statement after the other.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if rows < ROWS_MIN or database.vendor != "postgresql" or is_watched(database):
        yield
        return
    assert database.in_atomic_block, "all or none of it is written"
    with database.wrap_database_errors, database.connection.pipeline():
        yield


def send(sql: str, parameters: Sequence[Any]) -> None:
    """`run` for a statement whose answer nobody needs: within `pipelined` nobody waits for it."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql" or is_watched(database):
        run(sql, parameters)
        return
    import psycopg  # A bank on SQLite starts without it.

    from xinshi.doors.driver import numbered

    database.ensure_connection()
    with database.wrap_database_errors:
        cursor = psycopg.RawCursor(database.connection)
        cursor.execute(numbered(sql), texts_of(parameters), prepare=True)
        _hand_over(database.connection.pgconn)


def _hand_over(wire: Any) -> None:
    """Have the server given all of the statement: the driver leaves what does not fit at once for the next one.

    Both directions are served, or the server could wait for somebody to take its answers.
    """
    if not wire.flush():
        return
    with DefaultSelector() as selector:
        selector.register(wire.socket, EVENT_READ | EVENT_WRITE)
        while wire.flush():
            if any(ready & EVENT_READ for _, ready in selector.select()):
                wire.consume_input()
