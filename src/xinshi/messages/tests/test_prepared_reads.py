"""Prepared reads say what the ORM says, watched and unwatched, on both databases; doors has no table to try it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.test.utils import CaptureQueriesContext

from xinshi.doors.prepared import PreparedRead, run
from xinshi.messages.models import Message

MOMENT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def told(recipient: str, since: datetime, number: int) -> QuerySet[Any, Any]:
    other = Message.objects.filter(pk__gt=OuterRef("pk"), recipient_ref=recipient)
    return (
        Message.objects.filter(recipient_ref=recipient, sent_at__gte=since, pk__in=[number, 7])
        .exclude(text__contains="50% off")
        .annotate(is_last=~Exists(other))
        .order_by("pk")
        .values_list("pk", "recipient_ref", "sent_at", "parameters", "is_last")
    )


@pytest.fixture
def statement() -> PreparedRead:
    return PreparedRead(told, recipient=str, since=datetime, number=int)


@pytest.fixture
def messages(db: None) -> list[Message]:
    return [
        Message.objects.create(
            recipient_ref="person:1",
            text="Come",
            parameters={"title": "门诊"},
            sent_at=MOMENT + timedelta(hours=hour),
            key=f"k{hour}",
        )
        for hour in range(3)
    ]


def test_it_says_what_the_orm_says(statement: PreparedRead, messages: list[Message]) -> None:
    for message in messages:
        for since in (MOMENT, MOMENT + timedelta(hours=1)):
            wanted = {"recipient": "person:1", "since": since, "number": message.pk}
            expected = list(told(**wanted))
            assert statement.rows(**wanted) == expected
            with CaptureQueriesContext(connection) as seen:
                assert statement.rows(**wanted) == expected
            assert len(seen) == 1
    assert statement.rows(recipient="person:2", since=MOMENT, number=messages[0].pk) == []
    assert statement.rows(recipient="x' OR '1'='1", since=MOMENT, number=2**40) == []


def test_every_place_is_filled(statement: PreparedRead, messages: list[Message]) -> None:
    with pytest.raises(AssertionError):
        statement.rows(recipient="person:1", since=MOMENT)
    with pytest.raises(AssertionError):
        PreparedRead(lambda number: Message.objects.values_list("pk"), number=int).rows(number=1)


def test_constants_are_written_out(messages: list[Message]) -> None:
    """So that PostgreSQL sees that a partial index fits."""
    quiet = PreparedRead(
        lambda number: Message.objects.filter(pk=number, text="Come", recipient_ref="it's").values_list("pk"),
        number=int,
    )
    assert quiet.rows(number=messages[0].pk) == []
    found = quiet._compiled[connection.vendor]
    if connection.vendor == "postgresql":
        assert "'it''s'" in found.sql
        assert found.places == ("number",)


def test_the_server_keeps_the_plan(statement: PreparedRead, messages: list[Message]) -> None:
    """On PostgreSQL; by Django's own default the driver would leave out what was asked for."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's driver keeps its statements by itself")
    wanted = {"recipient": "person:1", "since": MOMENT, "number": messages[0].pk}
    for _ in range(3):
        statement.rows(**wanted)
        run("SELECT count(*) FROM message WHERE recipient_ref = %s", ["person:1"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE generic_plans + custom_plans >= 2 AND statement LIKE %s",
            ["%recipient_ref%"],
        )
        assert len(cursor.fetchall()) == 2
