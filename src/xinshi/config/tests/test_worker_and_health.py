"""The worker's duties, and what /healthz tells of them."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from xinshi.config import worker
from xinshi.doors.models import IdempotencyKey
from xinshi.kernel import clock
from xinshi.ledger import actions, queries
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.outbox.actions import beat
from xinshi.outbox.models import Heartbeat
from xinshi.outbox.waking import wake_worker


def test_is_unwell_without_a_worker(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unwell",
        "database": True,
        "migrations": True,
        "worker": False,
        "book": None,
        "outbox": {"due": 0, "oldest_due_at": None, "given_up": 0},
        "alarms": {"partners_in_dispute": 0, "partners_silent": 0, "partners_with_overdue_differences": 0},
    }


def test_is_well_while_a_worker_is_seen(client: Client, db: None) -> None:
    beat(worker="here")
    assert client.get("/healthz").status_code == 200
    Heartbeat.objects.update(beat_at=clock.now() - timedelta(seconds=61))
    assert client.get("/healthz").status_code == 503


def test_is_unwell_where_a_migration_is_missing(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(worker="here")
    monkeypatch.setattr("xinshi.config.health.is_migrated", lambda: False)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, False)


def test_a_round_of_duties_seals_the_book_and_beats(transactional_db: None) -> None:
    account = actions.open_accounts(kind=AccountKind.PERSON, owner_refs=["person:1"])["person:1"]
    issuance = actions.system_account(AccountKind.ISSUANCE)
    new = NewTransfer(key="d1", debit_id=issuance, credit_id=account, minutes=5, kind="work", worked_on=clock.today())
    actions.post(transfer=new, actor_ref="system:tests")
    for duty in worker.duties("here"):
        worker.perform(duty)
    assert len(queries.seal_head()) == 64
    assert Heartbeat.objects.filter(worker="here").exists()


def test_a_failing_duty_is_logged_and_tried_again_later(caplog: pytest.LogCaptureFixture, db: None) -> None:
    def fail() -> None:
        raise RuntimeError("planned")

    duty = worker.Duty("planned failure", 30, fail)
    worker.perform(duty)
    assert "duty failed" in caplog.text
    assert duty.due_at > 0


def test_tidying_up_forgets_old_answers_only(transactional_db: None) -> None:
    now = clock.now()
    kept = IdempotencyKey.objects.create(scope="s", key="new", payload_hash="0", created_at=now)
    IdempotencyKey.objects.create(scope="s", key="old", payload_hash="0", created_at=now - timedelta(days=3))
    worker.tidy_up()
    assert list(IdempotencyKey.objects.values_list("pk", flat=True)) == [kept.pk]


def test_works_until_it_is_told_to_stop(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, done = threading.Event(), []
    monkeypatch.setattr(worker, "duties", lambda _: [worker.Duty("once", 3600, lambda: (done.append(1), stop.set()))])
    worker.work(stop)
    assert done == [1]


def test_rests_until_the_next_duty_is_due_so_that_none_is_missed_by_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.time, "monotonic", lambda: 100.0)
    soon, later = (
        worker.Duty("soon", 1, lambda: None, due_at=100.25),
        worker.Duty("later", 60, lambda: None, due_at=160),
    )
    assert worker.idle_seconds([later, soon]) == 0.25
    assert worker.idle_seconds([later]) == worker.IDLE_SECONDS
    soon.due_at = 99.0
    assert worker.idle_seconds([later, soon]) == worker.SHORTEST_IDLE_SECONDS


def test_is_woken_by_what_is_committed_for_duties_that_somebody_watches(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan's duties are due again after an hour: only a wake brings one on."""
    stop, started, done = threading.Event(), threading.Event(), threading.Semaphore(0)
    times = {"watched": 0, "other": 0}

    def count(name: str) -> None:
        times[name] += 1
        done.release()

    monkeypatch.setattr(
        worker,
        "duties",
        lambda _: [
            worker.Duty("watched", 3_600, lambda: count("watched"), is_long=True, is_watched=True),
            worker.Duty("other", 3_600, lambda: count("other")),
            worker.Duty("first round", 3_600, started.set),
        ],
    )
    working = threading.Thread(target=worker.work, args=(stop,))
    working.start()
    try:
        assert started.wait(30)
        deadline = time.monotonic() + 30
        while times["watched"] < 2:  # On PostgreSQL it may not listen yet.
            assert time.monotonic() < deadline, "never woken"
            wake_worker()
            time.sleep(0.1)
        while done.acquire(timeout=0.5):
            pass
        with transaction.atomic():
            wake_worker()
            transaction.set_rollback(True)
        assert not done.acquire(timeout=0.5), "what is not committed wakes nobody"
        with transaction.atomic():
            wake_worker()
            assert not done.acquire(timeout=0.5), "nor what is not committed yet"
        assert done.acquire(timeout=30)
    finally:
        stop.set()
        working.join(timeout=30)
    assert times["other"] == 1


def test_what_wakes_a_duty_that_still_goes_on_brings_it_on_once_more() -> None:
    duty = worker.Duty("long", 3_600, lambda: None, is_long=True, is_watched=True)
    goes_on, began = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        assert goes_on.wait(30)

    duty.work, beside = work, {}
    worker.perform_beside(duty, beside)
    assert began.wait(30)
    duty.due_at = worker.WOKEN_FOR
    worker.perform_beside(duty, beside)
    goes_on.set()
    beside["long"].join(30)
    assert duty.due_at == worker.WOKEN_FOR
