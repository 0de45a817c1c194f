"""Asking for what is missing: with pauses, whatever the other bank answers; and what it has forgotten is sent again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from xinshi.doors.outgoing import Answer as HttpAnswer
from xinshi.doors.outgoing import NoAnswer
from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.moving import sending
from xinshi.interbank.moving.models import IncomingMessage, Stream
from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import AnswerState, MissingQuery
from xinshi.interbank.tests.conftest import Cast, earn, standing
from xinshi.interbank.tests.stranger import Stranger
from xinshi.interbank.tests.test_sending import begin, state

Items = Callable[[], list[dict[str, Any]]]


def answering(monkeypatch: pytest.MonkeyPatch, stranger: Stranger, items: Items) -> list[MissingQuery]:
    """The stranger answers every call by `items`; what it is asked is in the list."""
    asked: list[MissingQuery] = []

    def serve(_: str, *, body: bytes, **__: Any) -> HttpAnswer:
        found = bodies.read(json.loads(body)["envelopes"][0]["body"])
        assert isinstance(found, MissingQuery)
        asked.append(found)
        return HttpAnswer(200, {}, json.dumps({"envelopes": items()}).encode())

    monkeypatch.setattr(sending, "send", serve)
    return asked


def looked_every_second(seconds: int) -> None:
    for second in range(seconds):
        with time_machine.travel(NOW + timedelta(seconds=second)):
            send_due()


def test_a_bank_that_sends_nothing_for_a_gap_is_asked_with_pauses(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, stranger: Stranger
) -> None:
    """It was asked every second for ever."""
    stranger.message(stranger.token(cast.li.person_id))
    stranger.say(stranger.message(stranger.token(cast.li.person_id)))
    asked = answering(monkeypatch, stranger, list)
    looked_every_second(120)
    assert 4 <= len(asked) <= 7, "1, 2, 4 … seconds"


def test_a_bank_that_answers_a_gap_by_what_is_known_keeps_nobody_busy(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, stranger: Stranger
) -> None:
    """Repeats were counted as progress: twenty calls every second."""
    first = stranger.message(stranger.token(cast.li.person_id), 10)
    stranger.say(first)
    stranger.message(stranger.token(cast.li.person_id))
    late = stranger.message(stranger.token(cast.li.person_id), 30)
    stranger.say(late)
    asked = answering(monkeypatch, stranger, lambda: [stranger.seal(first), stranger.seal(late)] * 20)
    looked_every_second(120)
    assert 4 <= len(asked) <= 7
    assert {(one.from_sequence, one.to_sequence) for one in asked} == {(2, 2)}
    assert (IncomingMessage.objects.count(), standing(cast.li.person_id).posted) == (2, 10)


def test_gaps_are_asked_for_one_after_the_other_without_a_pause(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, stranger: Stranger
) -> None:
    sent = [stranger.message(stranger.token(cast.li.person_id), 10) for _ in range(5)]
    for one in (sent[2], sent[4]):
        stranger.say(one)
    asked: list[MissingQuery] = []
    asked = answering(
        monkeypatch,
        stranger,
        lambda: [stranger.seal(one) for one in sent[asked[-1].from_sequence - 1 : asked[-1].to_sequence]],
    )
    send_due()
    assert [(one.from_sequence, one.to_sequence) for one in asked] == [(1, 2), (4, 4)]
    found = Stream.objects.get()
    assert (found.in_next, found.gap_tries, found.gap_due_at) == (6, 0, None)
    assert standing(cast.li.person_id).posted == 50


def test_a_gap_is_asked_for_at_once_when_the_bank_is_back(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, stranger: Stranger
) -> None:
    early = stranger.message(stranger.token(cast.li.person_id), 10)
    stranger.say(stranger.message(stranger.token(cast.li.person_id), 20))

    def nobody(*_: Any, **__: Any) -> HttpAnswer:
        raise NoAnswer(reason="it took too long")

    monkeypatch.setattr(sending, "send", nobody)
    looked_every_second(60)
    answering(monkeypatch, stranger, lambda: [stranger.seal(early)])
    for second in range(60, 151):
        with time_machine.travel(NOW + timedelta(seconds=second)):
            send_due()
    assert standing(cast.li.person_id).posted == 30


def test_what_is_absent_there_is_sent_again(cast: Cast, stranger: Stranger) -> None:
    """Its backup was put back while nothing new was sent: it said `absent` until the message had expired."""
    earn(cast.li.person_id, 100, source="first:1")
    sent = begin(cast.li, stranger)
    stranger.script = lambda asked: replace(stranger.answer(asked, AnswerState.WAITING), next_sequence=2)
    send_due()
    assert (state(sent), Stream.objects.get().delivered_next) == ("sent", 2)

    def having_forgotten(asked: bodies.Body) -> bodies.Answer:
        if isinstance(asked, bodies.Message):
            return stranger.answer(asked, AnswerState.APPLIED)
        return replace(stranger.answer(asked, AnswerState.ABSENT), next_sequence=1)

    stranger.script = having_forgotten
    stranger.heard.clear()
    with time_machine.travel(NOW + timedelta(minutes=1)):
        send_due()
    assert [type(one) for one in stranger.heard] == [bodies.StateQuery, bodies.Message]
    assert (state(sent), Stream.objects.get().delivered_next) == ("confirmed", 2)


def test_a_lease_that_ended_during_a_call_is_the_next_workers(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, stranger: Stranger
) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    begin(cast.li, stranger)
    stranger.always(AnswerState.APPLIED)
    another = NOW + timedelta(minutes=2)

    def slow(url: str, *, body: bytes, **more: Any) -> HttpAnswer:
        Stream.objects.update(leased_until=another)
        return stranger.serve(url, body=body, **more)

    monkeypatch.setattr(sending, "send", slow)
    assert send_due() == 1
    assert Stream.objects.get().leased_until == another
