"""The trigger that keeps one person from being in two places at once; its SQL stands in `activities/sql/`."""

from __future__ import annotations

import re
from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


def install(apps, schema_editor):  # noqa: ARG001  # Django's signature
    text = (SQL / f"{schema_editor.connection.vendor}.sql").read_text(encoding="utf-8")
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(text)
            return
        for trigger in re.findall(r"CREATE TRIGGER.*?END;", text, re.DOTALL):
            cursor.execute(trigger)


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
