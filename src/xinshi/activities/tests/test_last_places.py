"""Asking for the last places one after the other: it saves work, and never keeps anybody from asking the database."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from xinshi.activities.actions import last_places
from xinshi.activities.actions.last_places import FEW, one_after_the_other


def beside(shift_id: int, *, free: int) -> tuple[threading.Thread, list[bool], threading.Event]:
    """Somebody else of this process who asks for the shift: what they are told, and when they have asked."""
    told: list[bool] = []
    began = threading.Event()

    def ask() -> None:
        began.set()
        with one_after_the_other(shift_id, free=free) as is_old:
            told.append(is_old)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, told, began


@pytest.mark.django_db(transaction=True)
def test_the_second_waits_and_is_told_that_somebody_was_before() -> None:
    with one_after_the_other(7, free=1) as is_old:
        assert not is_old
        thread, told, began = beside(7, free=1)
        assert began.wait(timeout=30)
        assert told == []
    thread.join(timeout=30)
    assert told == [True]


@pytest.mark.django_db(transaction=True)
def test_while_places_are_many_nobody_waits() -> None:
    with one_after_the_other(7, free=FEW):
        thread, told, _began = beside(7, free=FEW)
        thread.join(timeout=30)
        assert told == [False]


@pytest.mark.django_db(transaction=True)
def test_who_holds_locks_of_the_database_does_not_wait() -> None:
    with one_after_the_other(7, free=1), transaction.atomic(), one_after_the_other(7, free=1) as is_old:
        assert not is_old


@pytest.mark.django_db(transaction=True)
def test_who_waited_long_enough_goes_on_and_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_places, "WAIT_SECONDS_MAX", 0.0)
    with one_after_the_other(7, free=1):
        thread, told, _began = beside(7, free=1)
        thread.join(timeout=30)
        assert told == [True]
        still, later, _began = beside(7, free=1)
        still.join(timeout=30)
        assert later == [True], "who gave up waiting has not opened the gate for others"
