"""What is sent without waiting belongs to the caller's transaction, in the order in which it was sent."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from xinshi.doors.models import IdempotencyKey
from xinshi.doors.pipeline import ROWS_MIN, pipelined
from xinshi.doors.rows import drawn_ids, insert_many, update_many

MANY = 50_000
"""So many rows do not fit into what a socket takes at once."""


def write(first: int, count: int, *, ids: list[int] | None = None) -> None:
    numbers = [str(number) for number in range(first, first + count)]
    insert_many(
        IdempotencyKey,
        each={"key": numbers},
        same={"scope": "test", "payload_hash": "", "answer": "", "created_at": timezone.now()},
        ids=ids,
        wants_ids=False,
    )


def sent(*pieces: tuple[int, int], rows: int = ROWS_MIN, passed: list[int] | None = None) -> None:
    with transaction.atomic(), pipelined(rows=rows):
        for first, count in pieces:
            write(first, count)
        if passed is not None:
            passed.append(stored())


def stored() -> int:
    return IdempotencyKey.objects.filter(scope="test").count()


@pytest.mark.django_db(transaction=True)
def test_all_is_written_or_nothing() -> None:
    sent((0, ROWS_MIN), (ROWS_MIN, 5))
    assert stored() == ROWS_MIN + 5
    with pytest.raises(IntegrityError):
        sent((1_000, ROWS_MIN), (0, 1), (2_000, 1))
    assert stored() == ROWS_MIN + 5


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_outlives_what_failed_within_it() -> None:
    with transaction.atomic():
        write(0, 1)
        with pytest.raises(IntegrityError):
            sent((0, ROWS_MIN))
        write(1, 1)
    assert stored() == 2


@pytest.mark.django_db(transaction=True)
def test_who_asks_sees_what_was_sent_before() -> None:
    with transaction.atomic(), pipelined(rows=MANY):
        write(0, MANY)
        assert stored() == MANY
        pks = list(IdempotencyKey.objects.filter(scope="test").order_by("pk").values_list("pk", flat=True))
        update_many(IdempotencyKey, pks, same={"answer": "changed"})
        write(MANY, MANY)
    assert IdempotencyKey.objects.filter(scope="test", answer="changed").count() == MANY
    assert stored() == 2 * MANY


@pytest.mark.django_db(transaction=True)
def test_a_failure_is_raised_where_an_answer_is_asked_for() -> None:
    write(0, 1)
    passed: list[int] = []
    with pytest.raises(IntegrityError):
        sent((0, ROWS_MIN), passed=passed)
    assert (passed, stored()) == ([], 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rows", [ROWS_MIN, ROWS_MIN - 1])
def test_many_rows_on_postgresql_go_without_an_answer_and_all_else_with_one(rows: int) -> None:
    write(0, 1)
    done = []

    def send() -> None:
        with transaction.atomic(), pipelined(rows=rows):
            write(0, 1)
            done.append(rows)

    with pytest.raises(IntegrityError):
        send()
    assert bool(done) == (rows >= ROWS_MIN and connection.vendor == "postgresql")


@pytest.mark.django_db(transaction=True)
def test_whoever_watches_sees_each_statement() -> None:
    with CaptureQueriesContext(connection) as seen, transaction.atomic(), pipelined(rows=ROWS_MIN):
        write(0, 1)
    assert sum("INSERT" in query["sql"] for query in seen) == 1


@pytest.mark.django_db(transaction=True)
def test_ids_are_known_before_the_rows_and_nobody_elses_after_them() -> None:
    with transaction.atomic():
        ids = drawn_ids(IdempotencyKey, 3)
        write(0, 3, ids=ids)
    assert list(IdempotencyKey.objects.filter(scope="test").order_by("pk").values_list("pk", "key")) == [
        (pk, str(place)) for place, pk in enumerate(ids)
    ]
    write(10, 1)
    assert IdempotencyKey.objects.get(key="10").pk > max(ids)
