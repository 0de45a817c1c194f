"""A migration operation for tables whose rows are written once: the database itself refuses to change or delete them."""

from __future__ import annotations

import re
from typing import Any, Final

from django.db import migrations

NAME: Final = re.compile(r"[a-z][a-z_]*")
FUNCTION: Final = """
CREATE OR REPLACE FUNCTION xinshi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME; END $$
"""


def append_only(table: str) -> migrations.RunPython:
    """Refuse UPDATE and DELETE (on PostgreSQL TRUNCATE too) on `table`, from this migration on."""
    assert NAME.fullmatch(table), "a table's name has small letters and underscores only"

    def install(_: Any, schema_editor: Any) -> None:
        for statement in _statements(table, schema_editor.connection.vendor):
            schema_editor.execute(statement)

    def remove(_: Any, schema_editor: Any) -> None:
        target = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        for event in _events(schema_editor.connection.vendor):
            schema_editor.execute(f"DROP TRIGGER {table}_no_{event}{target}")

    return migrations.RunPython(install, remove)


def words_may_go(table: str, *, words: str, stays: tuple[str, ...]) -> migrations.RunPython:
    """From this migration on `words` of an append-only table may be emptied, and nothing else: personal data must be able
    to go when somebody is erased. `stays`: every other column.
    """
    assert all(NAME.fullmatch(name) for name in (table, words, *stays)), "names have small letters and underscores only"
    kept = ", ".join(stays)

    def install(_: Any, schema_editor: Any) -> None:
        vendor = schema_editor.connection.vendor
        target = f" ON {table}" if vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_no_update{target}")
        if vendor == "postgresql":
            refuse = "EXECUTE FUNCTION xinshi_refuse_change()"
            each = f"FOR EACH ROW WHEN (NEW.{words} <> '') {refuse}"
            whole = f"FOR EACH STATEMENT {refuse}"
        else:
            refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or deleted'); END"
            each, whole = f"WHEN NEW.{words} <> '' {refuse}", refuse
        schema_editor.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {kept} ON {table} {whole}")
        schema_editor.execute(f"CREATE TRIGGER {table}_no_new_words BEFORE UPDATE OF {words} ON {table} {each}")

    def remove(_: Any, schema_editor: Any) -> None:
        vendor = schema_editor.connection.vendor
        target = f" ON {table}" if vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_no_new_words{target}")
        schema_editor.execute(f"DROP TRIGGER {table}_no_update{target}")
        for statement in _statements(table, vendor):
            if f" {table}_no_update " in statement:
                schema_editor.execute(statement)

    return migrations.RunPython(install, remove)


def _events(vendor: str) -> tuple[str, ...]:
    return ("update", "delete", "truncate") if vendor == "postgresql" else ("update", "delete")


def _statements(table: str, vendor: str) -> list[str]:
    if vendor != "postgresql":
        refusal = f"SELECT RAISE(ABORT, 'rows of {table} are never changed or deleted')"
        return [
            f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} BEGIN {refusal}; END"
            for event in _events(vendor)
        ]
    return [FUNCTION.replace("%", "%%")] + [
        f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION xinshi_refuse_change()"
        for event in _events(vendor)
    ]
