"""What migrations say of indexes that only PostgreSQL knows."""

from __future__ import annotations

from typing import Any, Final

from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation

CONSTRAINTS: Final = """
    SELECT c.conname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.conrelid = %s::regclass AND c.contype = %s AND cardinality(c.conkey) = 1 AND a.attname = %s
"""
UNIQUE: Final = "u"
FOREIGN_KEY: Final = "f"


def unique_where_filled(table: str, column: str) -> Operation:
    """Keep the values of a column that is mostly empty unique by an index of the rows that have one.

    Both mean the same; a constraint's index holds a line for every empty column as well, which each new row writes.
    """

    def narrow(_apps: Any, schema_editor: Any) -> None:
        for name in constraints_of(schema_editor, table, column, kind=UNIQUE):
            schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
            schema_editor.execute(
                f'CREATE UNIQUE INDEX "{name}" ON "{table}" ("{column}") WHERE "{column}" IS NOT NULL'
            )

    def widen(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            name = f"{table}_{column}_key"
            schema_editor.execute(f'DROP INDEX IF EXISTS "{name}"')
            schema_editor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" UNIQUE ("{column}")')

    return RunPython(narrow, widen, elidable=False)


def pages_filled(table: str, percent: int) -> Operation:
    """Leave room in the pages of a table whose rows change: a changed row stays in its page, and no index hears of it.

    It holds for pages that are filled from now on, on PostgreSQL.
    """

    def leave_room(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f'ALTER TABLE "{table}" SET (fillfactor = {percent:d})')

    return RunPython(leave_room, RunPython.noop, elidable=False)


def constraints_of(schema_editor: Any, table: str, column: str, *, kind: str) -> list[str]:
    """The names of a column's own constraints of this kind on PostgreSQL; none on SQLite."""
    if schema_editor.connection.vendor != "postgresql":
        return []
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS, [table, kind, column])
        return [row[0] for row in cursor.fetchall()]
