"""Django's PostgreSQL backend, except for when a kept connection is asked whether it lives, and what an index costs.

It is asked only where it speaks by itself. Django's health check is a round trip to the server before every request. A
server that ends a connection (a restart, an administrator) says so on it: an idle connection that has nothing to read is
whole. A network that fails without a word is noticed by neither before a time-out.

The server's default takes a page that an index names for four times as dear as the next one of a table, as on turning
disks. A hospital's tables lie in memory. By the default the plan of a prepared statement that was made while a table was
small reads all of it for one row, also when it has thousands: of a table that is just filling the server knows nothing
(ADR 0015). What is prepared finds few rows by their keys, whoever asks: it is planned once for a connection and not five
times first (ADR 0020); what the ORM asks is planned each time, as ever. Both are said by a statement: a pooler refuses a
connection that asks for settings at its start.
"""

from __future__ import annotations

import select
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base

PLANNING: Final = """
    SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
           CASE current_setting('random_page_cost') WHEN '4' THEN set_config('random_page_cost', '1.1', false) END
"""
"""What an index costs, unless whoever runs the server has said something else; and one plan for what is prepared."""


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the kept connection may serve the next request."""
        return self.connection is not None and _lives(self.connection)

    def _configure_connection(self, connection: psycopg.Connection[Any]) -> bool:
        super()._configure_connection(connection)  # type: ignore[misc]  # missing from the stubs
        with connection.cursor() as cursor:
            cursor.execute(PLANNING)
        return True  # Whoever called commits it.


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
