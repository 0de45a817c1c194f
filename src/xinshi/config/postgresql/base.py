"""Django's PostgreSQL backend, except that a kept connection is asked whether it lives only where it speaks by itself.

Django's health check is a round trip to the server before every request. A server that ends a connection (a restart, an
administrator) says so on it: an idle connection that has nothing to read is whole. A network that fails without a word is
noticed by neither before a time-out.
"""

from __future__ import annotations

import select

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the kept connection may serve the next request."""
        return self.connection is not None and _lives(self.connection)


def _lives(connection: psycopg.Connection[object]) -> bool:
    """False where one side has ended an idle connection; a round trip only where there is something to read."""
    if connection.closed:
        return False
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    if not watch.poll(0):
        return True
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True
