"""Django's PostgreSQL backend, except that a pooled connection is asked whether it lives only where it speaks by itself.

Django's health check is a round trip to the server before every request. A server that ends a connection (a restart, an
administrator) says so on it: an idle connection that has nothing to read is whole. A network that fails without a word is
noticed by neither before a time-out.
"""

from __future__ import annotations

import select
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base

CONNECTIONS_TRIED_MAX: Final = 1_000
"""More than any pool holds: after a restart of the server all that it held are dead."""


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        for _ in range(CONNECTIONS_TRIED_MAX):
            connection = super().get_new_connection(conn_params)
            pool = self.pool
            if not pool or _lives(connection):
                return connection
            connection.close()
            pool.putconn(connection)  # The pool sees that it is closed, and opens another one.
        raise psycopg.OperationalError("every connection of the pool was dead")


def _lives(connection: psycopg.Connection[Any]) -> bool:
    """False where the server has ended an idle connection; a round trip only where there is something to read."""
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    if not watch.poll(0):
        return True
    try:
        connection.execute("")
    except psycopg.OperationalError:
        return False
    return True
