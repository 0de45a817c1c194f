"""On PostgreSQL somebody takes a place for themselves in one statement (`activities/sql/taking.postgresql.sql`)."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "taking.postgresql.sql"


def install(apps, schema_editor):  # noqa: ARG001  # Django's signature
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(SQL.read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    dependencies = [("activities", "0009_room_and_no_empty_keys")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
