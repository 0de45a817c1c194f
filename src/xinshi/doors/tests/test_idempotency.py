"""Repeated API writes: answered by the first answer, never done twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from ninja import Schema
from ninja.responses import Status

from xinshi.doors import api
from xinshi.doors.api import KeyInFlight, KeyUsedOtherwise, idempotent
from xinshi.doors.models import IdempotencyKey
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotSignedIn

pytestmark = pytest.mark.django_db
CALLER = Actor(reference="user:1", user_id=1)


class Written(Schema):
    number: int


def asked(
    key: str = "k", *, body: str = "{}", actor: Actor = CALLER, path: str = "/api/v1/x", headers: Any = None
) -> HttpRequest:
    request = RequestFactory().post(
        path, body, content_type="application/json", headers={"Idempotency-Key": key} if headers is None else headers
    )
    request.actor = actor
    return request


def row() -> int:
    """Something that a request writes."""
    number = Session.objects.count() + 1
    Session.objects.create(session_key=f"row-{number}", session_data="", expire_date=clock.now())
    return number


@idempotent
def write(request: HttpRequest) -> Written:
    return Written(number=row())


@idempotent
def refuse(request: HttpRequest) -> Written:
    row()
    raise DomainError


def test_a_repeated_write_gets_the_first_answer_and_writes_nothing() -> None:
    first = write(asked())
    again = write(asked())
    assert isinstance(again, HttpResponse)
    assert (again.status_code, json.loads(again.content)) == (200, {"number": first.number})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Session.objects.count() == 1


def test_without_a_key_every_request_writes() -> None:
    write(asked(headers={}))
    write(asked(headers={}))
    assert (Session.objects.count(), IdempotencyKey.objects.count()) == (2, 0)


def test_refuses_a_key_that_was_used_for_another_payload() -> None:
    write(asked(body='{"a": 1}'))
    with pytest.raises(KeyUsedOtherwise):
        write(asked(body='{"a": 2}'))
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [{"actor": Actor(reference="user:2", user_id=2)}, {"path": "/api/v1/y"}, {"key": "other"}],
)
def test_a_key_belongs_to_one_person_and_one_operation(other: dict[str, Any]) -> None:
    write(asked())
    write(asked(**other))
    assert Session.objects.count() == 2


@pytest.mark.parametrize("key", ["x" * 201, "a\tb", "\x7f"])
def test_refuses_keys_that_cannot_be_kept(key: str) -> None:
    with pytest.raises(Invalid):
        write(asked(key))
    assert (Session.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


def test_a_key_needs_a_known_caller() -> None:
    with pytest.raises(NotSignedIn):
        write(asked(actor=Actor(reference="anonymous")))
    assert IdempotencyKey.objects.count() == 0


def test_a_refusal_is_not_kept_and_leaves_nothing_behind() -> None:
    for _ in range(2):
        with pytest.raises(DomainError):
            refuse(asked())
    assert (Session.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


def in_flight(*, seconds: int) -> IdempotencyKey:
    """A claim made so many seconds ago by a request that gave no answer yet."""
    write(asked())
    Session.objects.all().delete()
    IdempotencyKey.objects.update(status=None, answer="", created_at=clock.now() - timedelta(seconds=seconds))
    return IdempotencyKey.objects.get()


def test_while_the_first_is_in_flight_the_second_is_told_to_wait() -> None:
    in_flight(seconds=1)
    with pytest.raises(KeyInFlight):
        write(asked())
    assert Session.objects.count() == 0


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_request_is_in_flight_as_long_as_its_process_lives(*, is_alive: bool) -> None:
    """On PostgreSQL its lock tells; elsewhere only time does."""
    request = asked()
    key, payload_hash = request.headers["Idempotency-Key"], api._payload_hash(request)
    claim = api._claim(api._scope(CALLER, request), key, payload_hash, shows_life=True)
    assert isinstance(claim, IdempotencyKey)
    IdempotencyKey.objects.update(created_at=clock.now() - timedelta(seconds=599))
    if connection.vendor != "postgresql":
        with pytest.raises(KeyInFlight):
            write(asked())
        return
    parameters = {**connection.get_connection_params(), "autocommit": True}
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters) as other:
        if is_alive:
            other.execute("SELECT pg_advisory_lock(%s, %s)", [api.LIFE_LOCKS, claim.pk])
            with pytest.raises(KeyInFlight):
                write(asked())
            assert Session.objects.count() == 0
            return
    assert isinstance(write(asked()), Written)
    assert Session.objects.count() == 1


def test_a_claim_whose_request_died_is_taken_over_after_ten_minutes() -> None:
    in_flight(seconds=601)
    first = write(asked())
    assert isinstance(first, Written)
    assert isinstance(write(asked()), HttpResponse)
    assert (Session.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


def test_only_one_of_two_takes_a_dead_claim_over() -> None:
    kept = in_flight(seconds=601)
    assert api._taken_over(IdempotencyKey.objects.get(), shows_life=True).pk == kept.pk
    with pytest.raises(KeyInFlight):
        api._taken_over(kept, shows_life=True)


def test_who_was_overtaken_writes_nothing() -> None:
    @idempotent
    def slow(request: HttpRequest) -> Written:
        number = row()
        IdempotencyKey.objects.update(created_at=clock.now() + timedelta(seconds=1))
        return Written(number=number)

    with pytest.raises(KeyInFlight):
        slow(asked())
    assert Session.objects.count() == 0


def test_keeps_the_status_that_an_endpoint_answers_with() -> None:
    @idempotent
    def create(request: HttpRequest) -> Status[Written]:
        return Status(201, Written(number=row()))

    create(asked())
    assert create(asked()).status_code == 201


def test_an_upload_is_known_by_its_content_whatever_its_boundary() -> None:
    @idempotent(in_one_transaction=False)
    def upload(request: HttpRequest) -> Written:
        assert request.FILES["file"].read() in (b"one", b"two")
        return Written(number=row())

    def sent(content: bytes) -> HttpRequest:
        request = RequestFactory().post(
            "/api/v1/x", {"file": SimpleUploadedFile("a.csv", content)}, headers={"Idempotency-Key": "k"}
        )
        request.actor = CALLER
        assert request.POST is not None  # As the framework does: the stream is read before the endpoint is called.
        return request

    upload(sent(b"one"))
    assert isinstance(upload(sent(b"one")), HttpResponse)
    with pytest.raises(KeyUsedOtherwise):
        upload(sent(b"two"))
    assert Session.objects.count() == 1
