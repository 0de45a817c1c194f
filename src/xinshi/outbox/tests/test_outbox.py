"""The outbox: stored with the write, delivered at least once, put off with growing patience, given up in the end."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
import time_machine
from django.db import IntegrityError, transaction

from xinshi.kernel import clock
from xinshi.kernel.events import Event
from xinshi.outbox import actions
from xinshi.outbox.actions import beat, deliver_due, forget_delivered, publish, publish_many, subscribe
from xinshi.outbox.models import Delivery, Heartbeat, StoredEvent
from xinshi.outbox.queries import backlog, worker_is_alive

pytestmark = pytest.mark.django_db
State = Delivery.State


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Event):
    name: ClassVar[str] = "tests.happened"
    number: int


heard: list[int] = []
heard_elsewhere: list[int] = []
failing: list[Exception] = []


def listen(events: Sequence[Event]) -> None:
    if failing:
        raise failing[0]
    heard.extend(event.number for event in events)


def listen_elsewhere(events: Sequence[Event]) -> None:
    heard_elsewhere.extend(event.number for event in events)


@pytest.fixture(autouse=True)
def listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two listeners of one event, and nobody else's."""
    monkeypatch.setattr(actions, "_LISTENERS", {})
    for kept in (heard, heard_elsewhere, failing):
        kept.clear()
    subscribe(Happened, listen)
    subscribe(Happened, listen_elsewhere)


@pytest.fixture
def stopped() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(clock.now(), tick=False) as travelled:
        yield travelled


def test_every_listener_hears_every_event_once_and_in_order() -> None:
    publish_many(Happened(number=number) for number in range(5))
    assert heard == []
    assert deliver_due() == 10
    assert heard == heard_elsewhere == [0, 1, 2, 3, 4]
    assert deliver_due() == 0
    assert len(heard) == 5


def test_few_long_events_are_a_batch_as_many_short_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(actions, "_LISTENERS", {})
    monkeypatch.setattr(actions, "BATCH_SIGNS", 2 * len(Happened(number=1).to_json()) + 1)
    subscribe(Happened, lambda events: sizes.append(len(events)))
    publish_many(Happened(number=number) for number in range(5))
    assert deliver_due() == 5
    assert sizes == [2, 2, 1]
    sizes.clear()
    publish(Happened(number=10**300))
    assert deliver_due() == 1
    assert sizes == [1]


def test_subscribing_twice_is_subscribing_once() -> None:
    subscribe(Happened, listen)
    publish(Happened(number=1))
    assert deliver_due() == 2


def test_what_is_rolled_back_was_never_told() -> None:
    with transaction.atomic():
        publish(Happened(number=1))
        transaction.set_rollback(True)
    assert (StoredEvent.objects.count(), deliver_due()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_refuses_to_publish_outside_a_transaction() -> None:
    with pytest.raises(AssertionError):
        publish(Happened(number=1))
    assert StoredEvent.objects.count() == 0


def test_an_event_nobody_listens_to_is_kept_and_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_LISTENERS", {})
    publish(Happened(number=1))
    assert (StoredEvent.objects.count(), Delivery.objects.count()) == (1, 0)


def test_one_listeners_failure_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    failing.append(ValueError("号码 19900000001"))
    publish(Happened(number=1))
    with caplog.at_level(logging.WARNING):
        assert deliver_due() == 1
    assert (heard, heard_elsewhere) == ([], [1])
    late = Delivery.objects.get(state=State.DUE)
    assert (late.attempts, late.last_error) == (1, "ValueError")
    assert "19900000001" not in caplog.text


def test_a_failed_listener_leaves_nothing_half_done() -> None:
    def write_and_fail(events: Sequence[Event]) -> None:
        Heartbeat.objects.create(worker="half", beat_at=clock.now())
        raise ValueError

    subscribe(Happened, write_and_fail)
    publish(Happened(number=1))
    deliver_due()
    assert Heartbeat.objects.count() == 0


def test_patience_grows_with_every_attempt_until_it_is_given_up(stopped: time_machine.Coordinates) -> None:
    failing.append(ValueError())
    publish(Happened(number=1))
    deliver_due()
    waits = []
    while Delivery.objects.filter(state=State.DUE).exists():
        late = Delivery.objects.get(state=State.DUE)
        waits.append(round((late.due_at - clock.now()).total_seconds()))
        stopped.shift(waits[-1] - 1)
        assert deliver_due() == 0
        assert Delivery.objects.get(pk=late.pk).attempts == late.attempts, "nothing is tried before its time"
        stopped.shift(1)
        deliver_due()
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048]
    given_up = Delivery.objects.get(state=State.GIVEN_UP)
    assert given_up.attempts == 12
    assert (backlog().given_up, backlog().due) == (1, 0)


def test_what_failed_is_delivered_once_it_works_again(stopped: time_machine.Coordinates) -> None:
    failing.append(ValueError())
    publish(Happened(number=1))
    deliver_due()
    failing.clear()
    assert deliver_due() == 0
    stopped.shift(2)
    assert (deliver_due(), heard) == (1, [1])
    assert heard_elsewhere == [1]


def test_a_listener_that_no_longer_exists_is_put_off_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(Happened(number=1))
    monkeypatch.setattr(actions, "_LISTENERS", {})
    assert deliver_due() == 0
    assert set(Delivery.objects.values_list("state", "attempts", "last_error")) == {("due", 1, "LookupError")}


def test_the_database_keeps_one_delivery_per_event_and_listener() -> None:
    publish(Happened(number=1))
    known = Delivery.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(event_id=known.event_id, listener=known.listener, due_at=clock.now())
    assert Delivery.objects.count() == 2


def test_a_delivery_whose_answer_was_lost_comes_again() -> None:
    """At least once: listeners must be idempotent."""
    publish(Happened(number=1))
    deliver_due()
    Delivery.objects.filter(listener__endswith=".listen").update(state=State.DUE)
    deliver_due()
    assert heard == [1, 1]


def test_the_backlog_tells_what_waits_and_since_when(stopped: time_machine.Coordinates) -> None:
    assert (backlog().due, backlog().oldest_due_at) == (0, None)
    since = clock.now()
    publish(Happened(number=1))
    stopped.shift(60)
    publish(Happened(number=2))
    assert (backlog().due, backlog().oldest_due_at) == (4, since)


def test_what_was_delivered_long_ago_is_forgotten_and_nothing_else() -> None:
    def published(at: datetime) -> None:
        publish(Happened(number=1))
        StoredEvent.objects.filter(pk=StoredEvent.objects.latest("pk").pk).update(published_at=at)

    old = clock.now() - timedelta(days=40)
    published(old)
    deliver_due()
    failing.append(ValueError())
    published(old)
    deliver_due()
    published(clock.now())
    assert forget_delivered(before=clock.now() - timedelta(days=30)) == 3
    assert StoredEvent.objects.count() == 2
    assert Delivery.objects.filter(state=State.DUE).count() == 3


def test_a_worker_is_alive_as_long_as_it_is_seen(stopped: time_machine.Coordinates) -> None:
    assert not worker_is_alive()
    beat(worker="a")
    stopped.shift(59)
    assert worker_is_alive()
    stopped.shift(2)
    assert not worker_is_alive()
    stopped.shift(24 * 3_600)
    beat(worker="b")
    assert list(Heartbeat.objects.values_list("worker", flat=True)) == ["b"]
