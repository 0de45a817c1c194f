"""A prepared statement is asked by its name, with what the driver's own way would have said, and never without it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from xinshi.doors.prepared import run

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the driver is PostgreSQL's"),
]
EVERYTHING = """
SELECT %s::int, %s::text, %s::timestamptz, %s::jsonb, %s::bool, ARRAY[1, 2], NULL::date, 7::numeric, '100%%', %s::text
"""
VALUES = ["5", "心时", "2026-11-27 08:00:00+08:00", '{"a": [1]}', "true", None]


@pytest.fixture
def only_by_name(monkeypatch: pytest.MonkeyPatch) -> Any:
    """From when it is called nothing goes the driver's own way."""
    import psycopg

    def forbid() -> None:
        def refused(*_: object, **__: object) -> None:
            raise AssertionError("the driver's own way was taken")

        monkeypatch.setattr(psycopg, "RawCursor", refused)

    return forbid


@pytest.mark.parametrize("binary", [False, True])
def test_both_ways_give_the_same_rows(only_by_name: Any, *, binary: bool) -> None:
    from xinshi.doors.driver import line_of, numbered

    connection.ensure_connection()
    statement = numbered(EVERYTHING)
    first = line_of(connection).ask(statement, VALUES, binary=binary)
    only_by_name()
    assert line_of(connection).ask(statement, VALUES, binary=binary) == first
    (row,), count = first
    assert (count, row[0], row[1], row[4], row[5], row[6], row[8], row[9]) == (
        1,
        5,
        "心时",
        True,
        [1, 2],
        None,
        "100%",
        None,
    )


def test_what_changes_rows_says_how_many(only_by_name: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fruit (id int PRIMARY KEY, name text)")
        cursor.execute("INSERT INTO fruit SELECT n FROM generate_series(1, 9) n")
    change = "UPDATE fruit SET name = %s WHERE id > %s"
    assert run(change, ["pear", 3]) == ([], 6)
    only_by_name()
    assert run(change, ["plum", 5]) == ([], 4)
    assert run(change, ["fig", 9]) == ([], 0)


def test_errors_are_those_of_the_driver(only_by_name: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fruit (id int PRIMARY KEY)")
    insert = "INSERT INTO fruit VALUES (%s)"
    run(insert, [1])
    only_by_name()
    with pytest.raises(IntegrityError, match="fruit_pkey") as caught, transaction.atomic():
        run(insert, [1])
    assert caught.value.__cause__.diag.constraint_name == "fruit_pkey"  # type: ignore[union-attr]


def test_a_rollback_makes_the_driver_forget_and_both_know(only_by_name: Any) -> None:
    """After a rollback the driver gives up every statement; it prepares this one anew, within the same transaction."""
    question = "SELECT %s::int + 1"
    run(question, [1])
    with pytest.raises(DatabaseError), transaction.atomic():
        run("SELECT 1 / %s::int", [0])
    assert run(question, [2]) == ([(3,)], 1)
    only_by_name()
    assert run(question, [3]) == ([(4,)], 1)


def test_many_statements_push_the_oldest_out() -> None:
    """The driver keeps a hundred; one that is asked all the time stays."""
    for number in range(150):
        assert run(f"SELECT %s::int + {number}", [1]) == ([(1 + number,)], 1)
        assert run("SELECT %s::int * 2", [number]) == ([(2 * number,)], 1)
    from xinshi.doors.driver import numbered

    names = connection.connection._prepared._names
    assert (numbered("SELECT %s::int * 2"), (0,)) in names
    assert (numbered("SELECT %s::int + 0"), (0,)) not in names


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_begun_where_one_is_needed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fruit (id int)")
    try:
        insert = "INSERT INTO fruit VALUES (%s)"
        for number in range(2):  # The second is known by name.
            run(insert, [number])
        with transaction.atomic():
            run(insert, [7])
            transaction.set_rollback(True)
        connection.set_autocommit(False)
        run(insert, [8])
        connection.rollback()
        connection.set_autocommit(True)
        assert run("SELECT id FROM fruit ORDER BY id", [])[0] == [(0,), (1,)]
    finally:
        connection.set_autocommit(True)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE fruit")


@pytest.mark.django_db(transaction=True)
def test_a_line_that_the_server_cut_is_an_operational_error(only_by_name: Any) -> None:
    """And the next request has a new one."""
    import psycopg

    question = "SELECT %s::int"
    for _ in range(2):
        run(question, [1])
    own = psycopg.connect(connection.connection.info.dsn, autocommit=True)
    own.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    own.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg, "RawCursor", None)
        with pytest.raises(OperationalError):
            run(question, [1])
    connection.close_if_unusable_or_obsolete()
    assert run(question, [2]) == ([(2,)], 1)


def test_threads_that_share_a_line_wait_for_each_other() -> None:
    from xinshi.doors.driver import line_of, numbered

    connection.ensure_connection()
    line, question = line_of(connection), numbered("SELECT %s::int, pg_sleep(0.001)")

    def ask(number: int) -> int:
        return int(line.ask(question, [str(number)], binary=False)[0][0][0])

    ask(0)
    with ThreadPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(ask, range(200))) == list(range(200))
