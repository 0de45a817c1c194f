"""Statements that run at every request: on PostgreSQL the server keeps their plans."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.doors.prepared import PreparedRead, run
from xinshi.kernel import clock

pytestmark = pytest.mark.django_db
BY_KEY = PreparedRead(lambda key: Session.objects.filter(session_key=key).values_list("session_key"), key=str)
ENDS_ON = PreparedRead(
    lambda day, key: Session.objects.filter(expire_date__date=day, session_key=key).values_list("session_key"),
    day=date,
    key=str,
)
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


def test_a_day_goes_where_a_day_is_open() -> None:
    first, second = date(2026, 5, 21), date(2026, 5, 22)
    for key, day in (("one", first), ("other", second)):
        Session.objects.create(session_key=key, session_data="", expire_date=clock.at_local(day, time(9)))
    for _ in range(2):
        assert ENDS_ON.rows(day=first, key="one") == [("one",)]
        assert ENDS_ON.rows(day=first, key="other") == []
        with CaptureQueriesContext(connection) as watched:
            assert ENDS_ON.rows(day=second, key="other") == [("other",)]
        assert len(watched) == 1
