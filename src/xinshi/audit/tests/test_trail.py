"""The audit trail: auditors alone read it, and the database refuses to change it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from xinshi.audit import queries
from xinshi.audit.actions import record, record_many
from xinshi.audit.models import AuditEntry
from xinshi.audit.sealing import seal
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed

AUDITOR = Actor(reference="user:1", user_id=1, roles=frozenset({Role.AUDITOR}))
CLERK = Actor(reference="user:2", user_id=2, roles=frozenset({Role.CLERK}))


@pytest.fixture
def trail(db: None) -> None:
    with transaction.atomic():
        record(actor=CLERK, action="benefits.fulfil", object_ref="voucher:1", minutes=60)
        record_many(actor=AUDITOR, action="bank.deposit", objects=[(f"deposit:{n}", {}) for n in (1, 2)])


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor_ref = 'user:9'", "DELETE FROM audit_entry"])
def test_the_database_refuses_every_change(trail: None, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.filter(actor_ref="user:2").count() == 1


@pytest.mark.parametrize(
    ("wanted", "objects"),
    [
        ({}, ["deposit:2", "deposit:1", "voucher:1"]),
        ({"action": "bank"}, ["deposit:2", "deposit:1"]),
        ({"action": "benefits.fulfil"}, ["voucher:1"]),
        ({"actor_ref": "user:2"}, ["voucher:1"]),
        ({"object_ref": "deposit:1"}, ["deposit:1"]),
        ({"day": clock.today().isoformat()}, ["deposit:2", "deposit:1", "voucher:1"]),
        ({"day": "2001-01-01"}, []),
        ({"day": "no day"}, ["deposit:2", "deposit:1", "voucher:1"]),
    ],
)
def test_is_read_by_action_actor_object_and_day(trail: None, wanted: dict[str, str], objects: list[str]) -> None:
    found = queries.trail(AUDITOR, queries.Filter(**wanted))
    assert [line.object_ref for line in found] == objects


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_only_auditors_read_it(trail: None, role: Role) -> None:
    with pytest.raises(NotAllowed):
        queries.trail(Actor(reference="user:3", user_id=3, roles=frozenset({role})), queries.Filter())


def test_a_line_outside_a_transaction_is_a_programmers_error(transactional_db: None) -> None:
    with pytest.raises(AssertionError):
        record(actor=CLERK, action="benefits.fulfil", object_ref="voucher:1")


def test_auditors_see_the_newest_seals_on_the_page_and_by_the_api(trail: None) -> None:
    seal()
    assert [(row.chain, row.n) for row in queries.seals(AUDITOR)] == [("trail", 1)]
    with pytest.raises(NotAllowed):
        queries.seals(CLERK)
