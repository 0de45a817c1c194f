"""On PostgreSQL a first check-in by a code is one statement (`attendance/sql/coming.postgresql.sql`)."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "coming.postgresql.sql"


def install(apps, schema_editor):  # noqa: ARG001  # Django's signature
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(SQL.read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    dependencies = [("attendance", "0007_outcomes_written_once")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
