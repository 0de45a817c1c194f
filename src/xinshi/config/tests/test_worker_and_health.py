"""The worker's duties, and what /healthz tells of them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.test import Client

from xinshi.config import worker
from xinshi.doors.models import IdempotencyKey
from xinshi.kernel import clock
from xinshi.ledger import actions, queries
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.outbox.actions import beat
from xinshi.outbox.models import Heartbeat


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
