"""Tables that every booking writes have no index that nobody reads (ADR 0013)."""

from __future__ import annotations

from typing import Final

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db
HOT: Final = (
    "deposit",
    "exchange_import_line",
    "ledger_entry",
    "ledger_hold",
    "ledger_transfer",
    "message",
    "passbook",
)


@pytest.fixture(autouse=True)
def only_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no second index for texts, and no room in pages")


def test_no_hot_table_has_a_second_index_for_the_beginnings_of_texts() -> None:
    statement = (
        "SELECT tablename, indexname FROM pg_indexes"
        " WHERE tablename = ANY(%s) AND schemaname = current_schema() AND indexdef LIKE '%%pattern_ops%%'"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(HOT)])
        assert cursor.fetchall() == []


def test_a_deposit_changes_no_indexed_column_of_a_passbook_and_finds_room_in_its_page() -> None:
    changed = {"certified_minutes", "verified_minutes"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'passbook' AND schemaname = current_schema()")
        indexed = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = 'passbook'::regclass")
        (options,) = cursor.fetchone()
    assert indexed
    assert not [one for one in indexed if any(name in one for name in changed)]
    assert options == ["fillfactor=50"]


def test_no_unique_index_of_a_hot_table_holds_a_line_for_every_empty_column() -> None:
    statement = (
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
        " WHERE c.relname = ANY(%s) AND i.indisunique AND i.indnatts = 1 AND i.indpred IS NULL AND NOT a.attnotnull"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[*HOT, "service_record", "signup"]])
        nullable = set(cursor.fetchall())
    # Every deposit but one below a minute has a transfer, and every record that replaces nothing has a sign-up.
    assert nullable == {("deposit", "transfer_id"), ("service_record", "signup_id")}
