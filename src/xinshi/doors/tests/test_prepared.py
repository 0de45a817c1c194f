"""Statements that run at every request: on PostgreSQL the server keeps their plans."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from xinshi.doors.prepared import PreparedRead, run

pytestmark = pytest.mark.django_db
BY_KEY = PreparedRead(lambda key: Session.objects.filter(session_key=key).values_list("session_key"), key=str)
FORGET = "DELETE FROM django_session WHERE session_key = %s"


def kept() -> set[str]:
    """The statements whose plans the server keeps for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's driver keeps its own")
def test_the_server_keeps_the_plans_of_what_is_prepared_and_of_nothing_else() -> None:
    assert BY_KEY.rows(key="nobody's") == []
    assert run(FORGET, ["nobody's"]) == ([], 0)
    assert not Session.objects.filter(session_key="nobody's").exists()
    assert {statement.split()[0] for statement in kept() if "django_session" in statement} == {"SELECT", "DELETE"}
    assert not any("nobody" in statement for statement in kept())
