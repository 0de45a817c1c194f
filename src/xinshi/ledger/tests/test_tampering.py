"""Somebody with the database's own password changes the past: `verify` must say so, and where."""

from __future__ import annotations

import pytest
from django.db import connection

from xinshi.ledger.sealing import seal
from xinshi.ledger.tests.conftest import Book
from xinshi.ledger.verification import verify

TAMPERINGS = {
    "an amount is raised on both sides": [
        "UPDATE ledger_transfer SET minutes = minutes + 600 WHERE key = 'd1'",
        (
            "UPDATE ledger_entry SET amount = amount + 600, balance_after = balance_after + 600 WHERE seq = 1"
            " AND account_id = {person}"
        ),
        "UPDATE ledger_balance SET posted = posted + 600 WHERE account_id = {person}",
    ],
    "a balance is raised": ["UPDATE ledger_balance SET posted = posted + 60 WHERE account_id = {person}"],
    "an entry is removed": ["DELETE FROM ledger_entry WHERE account_id = {person} AND seq = 2"],
    "a memo is rewritten": ["UPDATE ledger_transfer SET memo = 'something else' WHERE key = 'd1'"],
    "the actor is rewritten": ["UPDATE ledger_transfer SET actor_ref = 'user:9' WHERE key = 'd2'"],
    "a seal is removed": ["DELETE FROM ledger_seal WHERE n = 1"],
    "a seal is rewritten": ["UPDATE ledger_seal SET hash = 'f' WHERE n = 2"],
    "minutes are held without a hold": ["UPDATE ledger_balance SET held = 10 WHERE account_id = {person}"],
}


def seal_all() -> None:
    """Seal now; on PostgreSQL a long transaction of somebody else on the server may put that off."""
    assert any(seal() for _ in range(20)), "nothing could be sealed"


def without_triggers(statements: list[str]) -> None:
    """What an intruder with all rights would do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_verify_finds_what_was_tampered_with(committed_book: Book, tampering: str) -> None:
    book = committed_book
    book.deposit("d1", 0, 100)
    seal_all()
    book.deposit("d2", 0, 50)
    book.spend("s1", 0, 20)
    seal_all()
    assert verify().ok
    without_triggers([statement.format(person=book.people[0]) for statement in TAMPERINGS[tampering]])
    report = verify()
    assert not report.ok
    assert report.first_difference
