"""The worker: delivers events, seals the book, gives overdue holds back, tidies up. Any number may run at once."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.core.management import call_command
from django.db import close_old_connections

from xinshi.activities.actions import finish_past_activities
from xinshi.benefits.actions import expire_overdue
from xinshi.doors.models import IdempotencyKey
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.ledger import tasks as ledger_tasks
from xinshi.outbox.actions import beat, deliver_due, forget_delivered
from xinshi.recognition.actions import promote_all

IDLE_SECONDS: Final = 1.0
IDEMPOTENCY_KEPT: Final = timedelta(days=2)
DELIVERIES_KEPT: Final = timedelta(days=30)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Duty:
    """Something the worker does every so often; `due_at` is on the monotonic clock."""

    name: str
    every_seconds: float
    work: Callable[[], object]
    due_at: float = field(default=0.0)


def duties(name: str) -> list[Duty]:
    """What a worker does, in this order when several are due. Each duty may run in several workers at once."""
    system = Actor.system("worker")
    return [
        Duty("heartbeat", 10, lambda: beat(worker=name)),
        Duty("deliver events", IDLE_SECONDS, lambda: deliver_due(rounds_max=50)),
        Duty("seal the book", 60, ledger_tasks.seal_tail),
        Duty("let vouchers run out", 60, lambda: expire_overdue(actor=system)),
        Duty("release overdue holds", 60, ledger_tasks.release_overdue),
        Duty("finish past activities", 300, lambda: finish_past_activities(actor=system)),
        Duty("stars of a policy that takes effect", 3_600, lambda: promote_all(actor=system)),
        Duty("tidy up", 3_600, tidy_up),
    ]


def tidy_up() -> None:
    """Forget what was only kept for a while: ended sessions, answered keys, delivered events."""
    call_command("clearsessions")
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - IDEMPOTENCY_KEPT).delete()
    forget_delivered(before=clock.now() - DELIVERIES_KEPT)


def work(stop: threading.Event) -> None:
    """Do every duty when it is due, until `stop`; a duty that fails is logged and tried again at its next time."""
    name = f"{socket.gethostname()[:60]}:{os.getpid()}"
    plan = duties(name)
    log.info("worker started")
    while not stop.is_set():
        for duty in plan:
            if time.monotonic() >= duty.due_at and not stop.is_set():
                perform(duty)
        stop.wait(IDLE_SECONDS)
    log.info("worker stopped")


def perform(duty: Duty) -> None:
    close_old_connections()
    try:
        duty.work()
    except Exception:  # One failing duty must not stop the others.
        log.exception("duty failed", extra={"duty": duty.name})
    finally:
        duty.due_at = time.monotonic() + duty.every_seconds
        close_old_connections()


def start_in_background() -> None:
    """Run the worker in a thread of this process (SQLite, where one process writes)."""
    threading.Thread(target=work, args=(threading.Event(),), name="worker", daemon=True).start()
