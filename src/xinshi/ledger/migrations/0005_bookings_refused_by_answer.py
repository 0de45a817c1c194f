"""On PostgreSQL the functions that book answer what they refuse and no longer raise it (`ledger/sql/`)."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "posting.postgresql.sql"


def install(apps, schema_editor):  # noqa: ARG001  # Django's signature
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(SQL.read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_seals_prove_single_lines")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
