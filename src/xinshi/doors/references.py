"""Migration operations: references of rows that never change to rows that never go, checked by the statement (ADR 0014)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation

from xinshi.doors.append_only import FUNCTION, NAME

CONSTRAINT: Final = """
    SELECT c.conname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.conrelid = %s::regclass AND c.contype = 'f' AND cardinality(c.conkey) = 1 AND a.attname = %s
"""
LOST: Final = """SELECT f.id FROM (SELECT DISTINCT "{column}" AS id FROM fresh WHERE "{column}" IS NOT NULL) f
     WHERE {condition} LIMIT 1"""
ONE_BY_ONE: Final = '(SELECT t.id FROM "{target}" t WHERE t.id = f.id) IS NULL'
TOGETHER: Final = 'NOT EXISTS (SELECT 1 FROM "{target}" t WHERE t.id = f.id)'
REFUSAL: Final = """
  IF many THEN
    EXECUTE $sql${together}$sql$ INTO lost;
  ELSE
    {one_by_one} INTO lost;
  END IF;
  IF lost IS NOT NULL THEN
    RAISE EXCEPTION '{table}.{column} names the row % of {target}, which does not exist', lost
      USING ERRCODE = 'foreign_key_violation', TABLE = '{table}', COLUMN = '{column}';
  END IF;"""
"""For few rows a plan that is kept and looks each of them up; for many one that is made for them alone."""
FUNCTION_THAT_CHECKS: Final = """
CREATE OR REPLACE FUNCTION {table}_refers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost bigint;
  many boolean := (SELECT count(*) = {many} FROM (SELECT 1 FROM fresh LIMIT {many}) few);
BEGIN{checks}
  RETURN NULL;
END $$
"""
MANY: Final = 100


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

    A foreign key asks and locks the other row for each row that comes, which was a third of what crediting a file cost.
    Where neither row ever changes or goes (`append_only`, `never_deleted`), nothing needs the lock, and this is as strict.
    """
    checks = "".join(_check(table, column, target) for column, target in references.items())
    function = FUNCTION_THAT_CHECKS.format(table=table, many=MANY, checks=checks)
    trigger = (
        f"CREATE TRIGGER {table}_refers AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refers()"
    )

    def install(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        for column in references:
            for name in _foreign_keys(schema_editor, table, column):
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


def _check(table: str, column: str, target: str) -> str:
    names = {"table": table, "column": column, "target": target}
    one_by_one, together = (
        LOST.format(condition=condition.format(**names), **names) for condition in (ONE_BY_ONE, TOGETHER)
    )
    return REFUSAL.format(one_by_one=one_by_one, together=together, **names)


def _events(vendor: str) -> dict[str, str]:
    found = {"no_delete": "DELETE", "no_other_id": "UPDATE OF id"}
    return {**found, "no_truncate": "TRUNCATE"} if vendor == "postgresql" else found


def _foreign_keys(schema_editor: Any, table: str, column: str) -> list[str]:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(CONSTRAINT, [table, column])
        return [row[0] for row in cursor.fetchall()]
