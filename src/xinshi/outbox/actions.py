"""Publishing and delivering. `publish` joins its caller's transaction; the worker calls `deliver_due`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from xinshi.doors.prepared import run
from xinshi.doors.rows import array_text, insert_many
from xinshi.kernel import clock
from xinshi.kernel.events import Event, event_class
from xinshi.outbox.models import Delivery, Heartbeat, StoredEvent

Listener = Callable[[Sequence[Event]], None]
BATCH_MAX = 2_000
BATCH_SIGNS = 200_000
ATTEMPTS_MAX = 12
BACKOFF_SECONDS_MAX = 3_600

PUBLISH_ONE = """
    WITH made AS (INSERT INTO outbox_event (name, payload, published_at) VALUES (%s, %s, %s) RETURNING id)
    INSERT INTO outbox_delivery (event_id, listener, state, attempts, due_at, last_error)
    SELECT made.id, told.listener, 'due', 0, %s, '' FROM made, unnest(%s::text[]) AS told(listener)
"""
"""An event and its deliveries in one statement, for PostgreSQL: most transactions publish one."""

_LISTENERS: dict[str, dict[str, Listener]] = {}
log = logging.getLogger(__name__)


def subscribe(event: type[Event], listener: Listener) -> None:
    """Let `listener` hear of every later `event`; a batch of events is handed over in order of publication."""
    _LISTENERS.setdefault(event.name, {})[f"{listener.__module__}.{listener.__qualname__}"] = listener


def listeners_of(event: type[Event]) -> list[str]:
    """By name, who hears of such an event: for a statement that stores it with its deliveries."""
    return list(_LISTENERS.get(event.name, ()))


def publish(event: Event) -> None:
    publish_many([event])


def publish_many(events: Iterable[Event]) -> None:
    """Store `events` and one delivery per listener, in the caller's transaction."""
    assert connection.in_atomic_block, "an event is published in the transaction that makes it true"
    at = clock.now()
    wanted = list(events)
    if len(wanted) == 1 and connection.vendor == "postgresql":
        listeners = array_text(listeners_of(type(wanted[0])))
        run(PUBLISH_ONE, [wanted[0].name, wanted[0].to_json(), at, at, listeners])
        return
    stored = insert_many(
        StoredEvent,
        each={"name": [event.name for event in wanted], "payload": [event.to_json() for event in wanted]},
        same={"published_at": at},
    )
    deliveries = [
        (event_id, listener)
        for event_id, event in zip(stored, wanted, strict=True)
        for listener in _LISTENERS.get(event.name, ())
    ]
    insert_many(
        Delivery,
        each={"event_id": [pk for pk, _ in deliveries], "listener": [listener for _, listener in deliveries]},
        same={"state": Delivery.State.DUE.value, "attempts": 0, "due_at": at, "last_error": ""},
    )


def deliver_due(*, rounds_max: int = 1_000) -> int:
    """Deliver what is due, batch by batch, until nothing is; returns the number of deliveries that succeeded."""
    delivered = 0
    for _ in range(rounds_max):
        claimed, succeeded = _deliver_batch(clock.now())
        delivered += succeeded
        if not claimed:
            break
    return delivered


def beat(*, worker: str) -> None:
    """Note that `worker` is at work; forget workers that have not been seen for a day."""
    at = clock.now()
    Heartbeat.objects.update_or_create(worker=worker[:100], defaults={"beat_at": at})
    Heartbeat.objects.filter(beat_at__lt=at - timedelta(days=1)).delete()


def forget_delivered(*, before: datetime) -> int:
    """Delete deliveries that were made before that moment, and the events that nobody still waits for."""
    done = Delivery.objects.filter(state=Delivery.State.DONE, event__published_at__lt=before)
    removed, _ = done.delete()
    StoredEvent.objects.filter(published_at__lt=before, deliveries=None).delete()
    return removed


def _deliver_batch(at: datetime) -> tuple[int, int]:
    """One listener's due deliveries in one transaction: (claimed, succeeded)."""
    with transaction.atomic():
        due = Delivery.objects.filter(state=Delivery.State.DUE, due_at__lte=at).order_by("due_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        first = due.first()
        if first is None:
            return 0, 0
        alike = due.filter(listener=first.listener, event__name=first.event.name).select_related("event")
        batch = list(alike[: _size_of_batch(first.event)])
        return len(batch), _hand_over(batch, at)


def _size_of_batch(first: StoredEvent) -> int:
    """Few events that tell of thousands of things are as much as thousands that tell of one."""
    return min(BATCH_MAX, max(1, BATCH_SIGNS // len(first.payload)))


def _hand_over(batch: list[Delivery], at: datetime) -> int:
    """Call the batch's listener inside a savepoint; on failure put the batch off."""
    name, listener_name = batch[0].event.name, batch[0].listener
    listener = _LISTENERS.get(name, {}).get(listener_name)
    ids = [delivery.pk for delivery in batch]
    try:
        if listener is None:
            raise LookupError(f"no listener {listener_name}")
        with transaction.atomic():
            listener([event_class(name).from_json(delivery.event.payload) for delivery in batch])
    except Exception as error:  # noqa: BLE001  # A listener's failure must not stop the others.
        log.warning("delivery failed", extra={"listener": listener_name, "error": type(error).__name__})
        _put_off(batch, at, error)
        return 0
    Delivery.objects.filter(pk__in=ids).update(state=Delivery.State.DONE)
    return len(ids)


def _put_off(batch: list[Delivery], at: datetime, error: Exception) -> None:
    for delivery in batch:
        delivery.attempts += 1
        delivery.last_error = f"{type(error).__name__}"[:200]
        delivery.due_at = at + timedelta(seconds=min(2**delivery.attempts, BACKOFF_SECONDS_MAX))
        if delivery.attempts >= ATTEMPTS_MAX:
            delivery.state = Delivery.State.GIVEN_UP
    Delivery.objects.bulk_update(batch, ["attempts", "last_error", "due_at", "state"], batch_size=BATCH_MAX)
