"""Kept connections of PostgreSQL: a dead one is replaced before a request meets it, and a live one is not asked."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import psycopg
import pytest
from django.db import connection

from xinshi.config.postgresql.base import DatabaseWrapper

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@pytest.fixture
def kept() -> Iterator[DatabaseWrapper]:
    """A further connection to the test database, with the settings that production has."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could end a connection")
    wrapper = DatabaseWrapper(deepcopy(connection.settings_dict), alias="kept")
    yield wrapper
    wrapper.close()


def request(wrapper: DatabaseWrapper, statement: str) -> Any:
    """What a request gets that makes one statement; Django looks at the connection before and afterwards."""
    wrapper.close_if_unusable_or_obsolete()
    with wrapper.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone()[0]
    wrapper.close_if_unusable_or_obsolete()
    return found


def process(wrapper: DatabaseWrapper) -> int:
    return int(request(wrapper, "SELECT pg_backend_pid()"))


def test_the_next_request_finds_the_same_connection(kept: DatabaseWrapper) -> None:
    assert process(kept) == process(kept)
    assert kept.settings_dict["CONN_MAX_AGE"] > 0


def test_a_connection_that_the_server_ended_is_replaced(kept: DatabaseWrapper) -> None:
    ended = process(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [ended])
    assert process(kept) != ended


def test_a_connection_that_broke_is_replaced(kept: DatabaseWrapper) -> None:
    broken = process(kept)
    kept.connection.close()
    assert process(kept) != broken


def test_what_the_server_says_by_itself_is_no_reason_to_leave_it(kept: DatabaseWrapper) -> None:
    first = process(kept)
    request(kept, "SELECT set_config('client_min_messages', 'notice', false)")
    kept.connection.execute("LISTEN something")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('something', '')")
    assert process(kept) == first


def test_a_live_connection_is_not_asked(kept: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = process(kept)
    asked: list[object] = []
    monkeypatch.setattr(psycopg.Connection, "execute", lambda *arguments, **_: asked.append(arguments))
    assert process(kept) == pid
    assert asked == []


def test_an_index_is_taken_for_as_dear_as_it_is_in_memory(kept: DatabaseWrapper) -> None:
    """A statement that is prepared while a table is nearly empty keeps its plan while the table fills."""
    assert request(kept, "SHOW random_page_cost") == "1.1"
    assert request(kept, "SHOW plan_cache_mode") == "force_generic_plan"
    assert "options" not in kept.settings_dict["OPTIONS"], "a pooler refuses settings at the start of a connection"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE filling AS SELECT n AS id, repeat('x', 100) FROM generate_series(1, 150) n"
        )
        cursor.execute("CREATE UNIQUE INDEX ON filling (id)")
        cursor.execute("EXPLAIN SELECT * FROM filling WHERE id = 7")
        assert "Index Scan" in cursor.fetchone()[0]


def test_what_the_server_was_told_about_indexes_stands(kept: DatabaseWrapper) -> None:
    kept.settings_dict["OPTIONS"]["options"] = "-c random_page_cost=2"
    assert request(kept, "SHOW random_page_cost") == "2"
