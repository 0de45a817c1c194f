"""Seals over the trail: whoever changes it behind the program's back breaks one."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import DatabaseError, connection, connections, transaction

from xinshi.audit import sealing
from xinshi.audit.actions import record, record_many
from xinshi.audit.models import AuditEntry, AuditSeal
from xinshi.audit.sealing import first_broken_seal, heads, seal, stands
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.digests import GENESIS, chained, row_bytes

CLERK = Actor(reference="user:2", user_id=2, roles=frozenset({Role.CLERK}))
CHANGES = {
    "another actor": "UPDATE audit_entry SET actor_ref = 'user:9' WHERE object_ref = 'voucher:2'",
    "another action": "UPDATE audit_entry SET action = 'benefits.cancel' WHERE object_ref = 'voucher:2'",
    "another object": "UPDATE audit_entry SET object_ref = 'voucher:9' WHERE object_ref = 'voucher:2'",
    "another moment": "UPDATE audit_entry SET at = '2026-03-05 01:02:03.000004+00:00' WHERE object_ref = 'voucher:2'",
    "another detail": "UPDATE audit_entry SET detail = '{{\"minutes\": 61}}' WHERE object_ref = 'voucher:2'",
    "a line gone": "DELETE FROM audit_entry WHERE object_ref = 'voucher:2'",
    "the last line gone": "DELETE FROM audit_entry WHERE object_ref = 'voucher:6'",
    "two lines in another order": (
        "UPDATE audit_entry SET id = CASE id WHEN {first} THEN {second} ELSE {first} END + 1000000"
        " WHERE id IN ({first}, {second}); UPDATE audit_entry SET id = id - 1000000 WHERE id > 1000000"
    ),
    "a line put in": (
        "INSERT INTO audit_entry (id, at, actor_ref, action, object_ref, detail)"
        " VALUES ({first} - 1, '2026-03-05 01:02:03+00:00', 'user:2', 'benefits.fulfil', 'voucher:0', '{{}}')"
    ),
    "a seal gone": "DELETE FROM audit_seal WHERE n = 1",
    "a seal's moment": "UPDATE audit_seal SET sealed_at = '2026-03-05 01:02:03+00:00' WHERE n = 1",
    "a seal's number of lines": "UPDATE audit_seal SET rows = rows + 1 WHERE n = 2",
    "a seal of another chain": "UPDATE audit_seal SET chain = 'others' WHERE n = 2",
    "a seal that covers less": "UPDATE audit_seal SET fields = 'id,at' WHERE n = 2",
}


def write(*numbers: int) -> None:
    with transaction.atomic():
        record_many(
            actor=CLERK,
            action="benefits.fulfil",
            objects=[(f"voucher:{number}", {"minutes": 60, "by": "desk"}) for number in numbers],
        )


def behind_the_program(statements: str) -> None:
    """What somebody with the database's own password would do."""
    with connection.cursor() as cursor:
        for event in ("update", "delete"):
            for table in ("audit_entry", "audit_seal"):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {table}_no_{event}{on}")
        for statement in statements.split("; "):
            cursor.execute(statement)


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_breaks_a_seal(db: None, change: str) -> None:
    write(1, 2, 3)
    assert seal() == 3
    write(4, 5, 6)
    assert seal() == 3
    assert first_broken_seal() == ""
    ids = list(AuditEntry.objects.order_by("id").values_list("id", flat=True))
    behind_the_program(CHANGES[change].format(first=ids[0], second=ids[1]))
    assert first_broken_seal() != ""


def test_seals_anew_after_a_change_are_not_the_published_ones(db: None) -> None:
    write(1, 2, 3)
    seal()
    published = heads()["trail"]
    assert stands(published)
    assert stands(published[:12])
    assert not stands(published[:11])
    behind_the_program("DELETE FROM audit_seal; DELETE FROM audit_entry WHERE object_ref = 'voucher:2'")
    seal()
    assert first_broken_seal() == ""
    assert not stands(published)


def test_a_seal_is_what_the_documentation_says(db: None) -> None:
    with time_machine.travel(datetime(2026, 3, 5, 1, 2, 3, 4, tzinfo=UTC), tick=False):
        with transaction.atomic():
            record(actor=CLERK, action="benefits.fulfil", object_ref="voucher:1", minutes=60, by="desk")
        seal()
    entry, stored = AuditEntry.objects.get(), AuditSeal.objects.get()
    at = "2026-03-05T01:02:03.000004+00:00"
    header = f'["trail",1,{entry.pk},{entry.pk},1,"id,at,actor_ref,action,object_ref,detail","{at}"]'
    line = f'[{entry.pk},"{at}","user:2","benefits.fulfil","voucher:1",{{"by":"desk","minutes":60}}]'
    assert stored.prev_hash == GENESIS
    assert stored.hash == chained(GENESIS, [header.encode(), line.encode()])
    assert row_bytes([1, None, "号"]) == '[1,null,"号"]'.encode()


def test_chunks_are_chained(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEAL_ROWS_MAX", 2)
    write(1, 2, 3, 4, 5)
    assert seal() == 5
    assert list(AuditSeal.objects.order_by("n").values_list("n", "rows")) == [(1, 2), (2, 2), (3, 1)]
    assert seal() == 0
    assert first_broken_seal() == ""


@pytest.mark.parametrize("statement", ["UPDATE audit_seal SET n = 7", "DELETE FROM audit_seal"])
def test_the_database_refuses_to_change_a_seal(db: None, statement: str) -> None:
    write(1)
    seal()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditSeal.objects.filter(n=1).count() == 1


def test_no_line_commits_behind_a_seal(transactional_db: None) -> None:
    """One writer has drawn its id and takes its time; another, with a greater id, has committed already."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    drawn, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                record(actor=CLERK, action="benefits.fulfil", object_ref="voucher:1")
                drawn.set()
                go_on.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert drawn.wait(20)
    write(2)
    assert seal() == 0, "the slow writer's id is below the one that has committed"
    go_on.set()
    thread.join(20)
    assert seal() == 2
    assert first_broken_seal() == ""
