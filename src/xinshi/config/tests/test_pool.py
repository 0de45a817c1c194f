"""Pooled connections of PostgreSQL: dead ones are replaced before a request meets them, and live ones are not asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from xinshi.config.postgresql.base import DatabaseWrapper

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@pytest.fixture
def pooled() -> Iterator[DatabaseWrapper]:
    """A pool of its own on the test database, as production has it; the tests' own connection has none."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no pool")
    pool = {"min_size": 2, "max_size": 2, "timeout": 10}
    settings = connection.settings_dict | {"OPTIONS": {**connection.settings_dict["OPTIONS"], "pool": pool}}
    wrapper = DatabaseWrapper(settings, alias="pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def ask(wrapper: DatabaseWrapper, statement: str) -> Any:
    with wrapper.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_a_connection_that_the_server_ended_is_replaced(pooled: DatabaseWrapper) -> None:
    pooled.pool.open(wait=True)
    ended = set()
    for _ in range(2):
        ended.add(ask(pooled, "SELECT pg_backend_pid()"))
        pooled.close()
    for pid in ended:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    for _ in range(3):
        assert ask(pooled, "SELECT pg_backend_pid()") not in ended
        pooled.close()


def test_a_live_connection_is_not_asked(pooled: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(psycopg.Connection, "execute", lambda *arguments, **_: asked.append(arguments))
    pid = ask(pooled, "SELECT pg_backend_pid()")
    pooled.close()
    assert pid > 0
    assert asked == []


def test_an_index_is_taken_for_as_dear_as_it_is_in_memory(pooled: DatabaseWrapper) -> None:
    """A statement that is prepared while a table is nearly empty keeps its plan while the table fills."""
    for wrapper in (pooled, connection):
        assert ask(wrapper, "SHOW random_page_cost") == "1.1"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE filling AS SELECT n AS id, repeat('x', 100) FROM generate_series(1, 150) n"
        )
        cursor.execute("CREATE UNIQUE INDEX ON filling (id)")
        cursor.execute("EXPLAIN SELECT * FROM filling WHERE id = 7")
        assert "Index Scan" in cursor.fetchone()[0]


def test_what_the_server_was_told_about_indexes_stands(pooled: DatabaseWrapper) -> None:
    pooled.settings_dict["OPTIONS"]["options"] = "-c random_page_cost=2"
    assert ask(pooled, "SHOW random_page_cost") == "2"
