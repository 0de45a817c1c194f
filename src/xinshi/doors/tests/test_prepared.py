"""Prepared reads: the same rows as the ORM gives, and on PostgreSQL a plan that the server keeps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.doors.prepared import PreparedRead, run
from xinshi.kernel import clock
from xinshi.people.models import Person

pytestmark = pytest.mark.django_db
BORN: Final = date(1990, 5, 21)
BORN_ON: Final = PreparedRead(
    lambda day, name: Person.objects.filter(birth_date=day, name=name).values_list("birth_date", "name"),
    day=date,
    name=str,
)


def born(name: str, day: date) -> None:
    Person.objects.create(name=name, birth_date=day, registered_at=clock.now())


def test_a_day_goes_where_a_day_is_open() -> None:
    born("赵新", BORN)
    born("钱新", BORN + timedelta(days=1))
    assert BORN_ON.rows(day=BORN, name="赵新") == [(BORN, "赵新")]
    assert BORN_ON.rows(day=BORN, name="钱新") == []
    with CaptureQueriesContext(connection) as watched:
        assert BORN_ON.rows(day=BORN + timedelta(days=1), name="钱新") == [(BORN + timedelta(days=1), "钱新")]
    assert len(watched) == 1


def test_the_server_keeps_the_plans_of_what_asks_for_it_and_of_nothing_else() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL keeps plans for a connection")
    BORN_ON.rows(day=BORN, name="赵新")
    run("UPDATE person SET name = %s WHERE id = %s", ["赵新", 0])
    for _ in range(12):
        assert not Person.objects.filter(name="孙新").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = {statement for (statement,) in cursor.fetchall()}
    assert any(statement.startswith("UPDATE person SET name = $1") for statement in kept)
    assert any('"person"."birth_date" = $' in statement for statement in kept)
    assert not any("孙新" in statement for statement in kept)
