"""What every row of a table must be, looked at by one function where single rows are written all the time.

PostgreSQL reads the stored text of each CHECK anew for every statement that writes to the table: of a table with fifteen of
them it was most of what inserting a row cost. A function is read once for a connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation

APART: Final = """
    SELECT conname, pg_get_expr(conbin, conrelid), conkey FROM pg_constraint
     WHERE conrelid = %s::regclass AND contype = 'c' AND conname <> %s ORDER BY conname
"""
COLUMNS: Final = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
     WHERE attrelid = %s::regclass AND attnum = ANY(%s) ORDER BY attnum
"""
REMARK: Final = """
    SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s
"""
BODY: Final = """
DECLARE
  broken text;
BEGIN
  IF NOT ({all}) THEN
    broken := CASE {each} END;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', TABLE = {table}, CONSTRAINT = broken,
      MESSAGE = format('new row for relation "%s" violates check constraint "%s"', {table}, broken);
  END IF;
  RETURN true;
END
"""


def checks_together(table: str) -> Operation:
    """Have one CHECK by a function in the place of all that a table has, on PostgreSQL; SQLite reads a schema once.

    Whoever breaks one of them is told its name, as before. A migration that changes a constraint of such a table first
    takes them apart, and puts them together again at its end (`checks_apart`); a test says where one is missing.
    """

    return RunPython(_on_postgresql(_put_together, table), _on_postgresql(_take_apart, table), elidable=False)


def checks_apart(table: str) -> Operation:
    """Have each CHECK of a table by itself again, under its own name."""
    return RunPython(_on_postgresql(_take_apart, table), _on_postgresql(_put_together, table), elidable=False)


def checks_of(connection: Any, table: str) -> set[str]:
    """The names of the CHECKs that hold on PostgreSQL, each by itself or together."""
    with connection.cursor() as cursor:
        cursor.execute(APART, [table, rules_of(table)])
        apart = {row[0] for row in cursor.fetchall()}
    return apart | _together(connection, table).keys()


def rules_of(table: str) -> str:
    """The name of the function, and of the constraint that calls it."""
    return f"{table}_rules"


def _on_postgresql(change: Callable[[Any, str], None], table: str) -> Callable[[Any, Any], None]:
    def changed(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            change(schema_editor, table)

    return changed


def _together(connection: Any, table: str) -> dict[str, str]:
    """What the function looks at: conditions by name."""
    with connection.cursor() as cursor:
        cursor.execute(REMARK, [table, rules_of(table)])
        row = cursor.fetchone()
    return json.loads(row[0]) if row else {}


def _put_together(schema_editor: Any, table: str) -> None:
    connection, quote = schema_editor.connection, schema_editor.quote_name
    with connection.cursor() as cursor:
        cursor.execute(APART, [table, rules_of(table)])
        checks = cursor.fetchall()
        cursor.execute(COLUMNS, [table, sorted({number for _, _, numbers in checks for number in numbers})])
        columns = cursor.fetchall()
    conditions = {name: condition for name, condition, _ in checks}
    body = BODY.format(
        all=" AND ".join(f"({condition})" for condition in conditions.values()),
        each=" ".join(
            f"WHEN NOT ({condition}) THEN {schema_editor.quote_value(name)}" for name, condition in conditions.items()
        ),
        table=schema_editor.quote_value(table),
    )
    # Its arguments are called as the columns, so that the conditions stand in it as the database wrote them.
    arguments = ", ".join(f"{quote(name)} {kind}" for name, kind in columns)
    given = ", ".join(quote(name) for name, _ in columns)
    rules = quote(rules_of(table))
    dropped = ", ".join(f"DROP CONSTRAINT {quote(name)}" for name in conditions)
    for statement in (
        f"CREATE FUNCTION {rules}({arguments}) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $rules${body}$rules$",
        f"ALTER TABLE {quote(table)} {dropped}, ADD CONSTRAINT {rules} CHECK ({rules}({given}))",
        f"COMMENT ON CONSTRAINT {rules} ON {quote(table)} IS {schema_editor.quote_value(json.dumps(conditions))}",
    ):
        schema_editor.execute(statement, params=None)


def _take_apart(schema_editor: Any, table: str) -> None:
    quote, rules = schema_editor.quote_name, schema_editor.quote_name(rules_of(table))
    conditions = _together(schema_editor.connection, table)
    added = ", ".join(f"ADD CONSTRAINT {quote(name)} CHECK ({condition})" for name, condition in conditions.items())
    schema_editor.execute(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {rules}, {added}", params=None)
    schema_editor.execute(f"DROP FUNCTION {rules}", params=None)
