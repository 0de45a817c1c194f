"""Migration operations: references of rows that never change to rows that never go, checked by the statement (ADR 0014)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation

from xinshi.doors.append_only import FUNCTION, NAME
from xinshi.doors.indexes import FOREIGN_KEY, constraints_of

FUNCTION_THAT_CHECKS: Final = """
CREATE OR REPLACE FUNCTION {table}_refers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
BEGIN
  SELECT {columns} INTO lost FROM fresh f WHERE {conditions} LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'a row of {table} names what does not exist: %', lost
      USING ERRCODE = 'foreign_key_violation', TABLE = '{table}', DETAIL = '{columns}';
  END IF;
  RETURN NULL;
END $$
"""
MISSING: Final = '(SELECT t.id FROM "{target}" t WHERE t.id = f."{column}") IS NULL'
"""A subquery for each row, not a join: the plan that is kept is as good for one row as for thousands."""


def never_deleted(table: str) -> Operation:
    """Refuse to delete rows of `table` and to give one another id, on both engines, from this migration on."""
    assert NAME.fullmatch(table), "a table's name has small letters and underscores only"

    def install(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(FUNCTION.replace("%", "%%"))
            does = "FOR EACH STATEMENT EXECUTE FUNCTION xinshi_refuse_change()"
        else:
            does = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or deleted'); END"
        for name, event in _events(schema_editor.connection.vendor).items():
            schema_editor.execute(f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} {does}")

    def remove(_apps: Any, schema_editor: Any) -> None:
        target = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        for name in _events(schema_editor.connection.vendor):
            schema_editor.execute(f"DROP TRIGGER {table}_{name}{target}")

    return RunPython(install, remove, elidable=False)


def checked_by_statement(table: str, references: Mapping[str, str]) -> Operation:
    """On PostgreSQL check these references of `table`, {column: table}, once for all rows of a statement, not row by row.

    The columns are never empty. A foreign key asks and locks the other row for each row that comes: a third of what it
    cost to credit a file. Where neither row ever changes or goes (`append_only`, `never_deleted`), nothing needs the
    lock, and this is as strict.
    """
    conditions = " OR ".join(MISSING.format(column=column, target=target) for column, target in references.items())
    columns = ", ".join(f'"{column}"' for column in references)
    function = FUNCTION_THAT_CHECKS.format(table=table, columns=columns, conditions=conditions)
    trigger = (
        f"CREATE TRIGGER {table}_refers AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refers()"
    )

    def install(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        for column in references:
            for name in constraints_of(schema_editor, table, column, kind=FOREIGN_KEY):
                schema_editor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        schema_editor.execute(function.replace("%", "%%"))
        schema_editor.execute(trigger)

    def remove(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        schema_editor.execute(f"DROP TRIGGER {table}_refers ON {table}")
        schema_editor.execute(f"DROP FUNCTION {table}_refers()")
        for column, target in references.items():
            schema_editor.execute(
                f'ALTER TABLE {table} ADD CONSTRAINT "{table}_{column}_fk_{target}_id" FOREIGN KEY ("{column}") '
                f"REFERENCES {target} (id) DEFERRABLE INITIALLY DEFERRED"
            )

    return RunPython(install, remove, elidable=False)


def _events(vendor: str) -> dict[str, str]:
    found = {"no_delete": "DELETE", "no_other_id": "UPDATE OF id"}
    return {**found, "no_truncate": "TRUNCATE"} if vendor == "postgresql" else found
