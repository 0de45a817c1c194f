"""A write beside the caller's work belongs to the caller's transaction, on the caller's connection."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from xinshi.doors.beside import ROWS_MIN, beside
from xinshi.doors.models import IdempotencyKey
from xinshi.doors.rows import drawn_ids, insert_many


def write(first: int, count: int, *, ids: list[int] | None = None) -> None:
    numbers = [str(number) for number in range(first, first + count)]
    insert_many(
        IdempotencyKey,
        each={"key": numbers},
        same={"scope": "test", "payload_hash": "", "answer": "", "created_at": timezone.now()},
        ids=ids,
    )


def stored() -> int:
    return IdempotencyKey.objects.filter(scope="test").count()


def counted_again_and_again() -> None:
    for _ in range(200):
        stored()


@pytest.mark.django_db(transaction=True)
def test_both_are_written_or_none() -> None:
    with transaction.atomic(), beside(lambda: write(0, ROWS_MIN), rows=ROWS_MIN):
        write(ROWS_MIN, 5)
    assert stored() == ROWS_MIN + 5
    with pytest.raises(IntegrityError), transaction.atomic(), beside(lambda: write(1_000, ROWS_MIN), rows=ROWS_MIN):
        write(0, 1)
    assert stored() == ROWS_MIN + 5


@pytest.mark.django_db(transaction=True)
def test_many_rows_on_postgresql_are_written_by_another_thread_and_all_else_by_the_callers() -> None:
    writers: list[int] = []
    for rows in (ROWS_MIN, ROWS_MIN - 1):
        with transaction.atomic(), beside(lambda: writers.append(threading.get_ident()), rows=rows):
            pass
    own = threading.get_ident()
    assert writers[1] == own
    assert (writers[0] != own) == (connection.vendor == "postgresql")


@pytest.mark.django_db(transaction=True)
def test_the_writes_own_refusal_is_raised_before_what_follows_from_it() -> None:
    write(0, 1)
    for_good = IdempotencyKey.objects.get(scope="test")
    with pytest.raises(IntegrityError), transaction.atomic(), beside(lambda: write(0, ROWS_MIN), rows=ROWS_MIN):
        counted_again_and_again()  # On PostgreSQL this fails as soon as the write has failed.
    assert IdempotencyKey.objects.get(scope="test") == for_good


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
