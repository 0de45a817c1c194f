"""A prepared statement by its name: PostgreSQL is asked by its own library, and nothing stands between.

The driver can do everything at every statement: cursors, dumpers by type, generators for two ways of waiting. It was a tenth
of a sign-up. Here a statement has one form, its values are text, and the library waits for the answer without Python.
The driver still prepares each statement and says which are, also where it forgets all of them, as after a rollback.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus

Asked = tuple[list[tuple[Any, ...]], int]
"""The rows of an answer, and how many rows there are or were changed."""
UNKNOWN: Final = 0
"""The type of every value: the server takes it from the statement."""


class Line:
    """One connection, and how what comes over it is read."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._reader = Transformer(connection)

    def ask(self, statement: bytes, values: Sequence[str | None], *, binary: bool) -> Asked:
        """The answer to a statement with `$1` where values go; psycopg's errors as ever."""
        name = self._name(statement, len(values))
        if name is None:
            cursor = psycopg.RawCursor(self.connection)
            cursor.execute(statement, values, prepare=True, binary=binary)
            has_rows = (
                cursor.pgresult is None or cursor.pgresult.nfields
            )  # None: in a pipeline who asks waits for rows.
            return cursor.fetchall() if has_rows else [], cursor.rowcount
        line = self.connection.pgconn
        given: Any = [value.encode() if value is not None else None for value in values]  # Its type knows no NULL.
        with self.connection.lock:  # A connection may be another thread's as well.
            answer = line.exec_prepared(name, given, result_format=Format.BINARY if binary else Format.TEXT)
            if answer.status == ExecStatus.TUPLES_OK:
                self._reader.set_pgresult(answer)
                return self._reader.load_rows(0, answer.ntuples, tuple), answer.ntuples
        if answer.status == ExecStatus.COMMAND_OK:
            return [], answer.command_tuples or 0
        if line.status != ConnStatus.OK:
            raise psycopg.OperationalError(answer.get_error_message())
        raise psycopg.errors.error_from_result(answer)

    def _name(self, statement: bytes, size: int) -> bytes | None:
        """What the server calls the statement; None where the driver has something to do first."""
        connection, known = self.connection, self.connection._prepared  # noqa: SLF001  # It says nothing of this itself.
        key = (statement, (UNKNOWN,) * size)
        name = known._names.get(key)  # noqa: SLF001
        if name is None or known._to_flush or connection._pipeline:  # noqa: SLF001
            return None
        if not connection.autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            return None  # It begins a transaction.
        known._names.move_to_end(key)  # noqa: SLF001  # The one that nobody asked for longest is given up.
        return name


def line_of(database: Any) -> Line:
    """The line of one of Django's connections, which is open."""
    line: Line | None = database.__dict__.get("_line")
    if line is None or line.connection is not database.connection:
        line = database._line = Line(database.connection)  # noqa: SLF001  # It lives as long as the connection.
    return line


@lru_cache(maxsize=512)
def numbered(sql: str) -> bytes:
    """A statement with `%s` where values go, as the server reads it."""
    first, *others = sql.split("%s")
    return "".join([first, *(f"${n}{part}" for n, part in enumerate(others, start=1))]).replace("%%", "%").encode()
