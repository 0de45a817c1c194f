"""What was entered afterwards is honorary and says why."""

from __future__ import annotations

import re
from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"


def install_again(apps, schema_editor):  # noqa: ARG001  # Django's signature
    """SQLite builds a table anew when a constraint is added, and forgets its triggers."""
    if schema_editor.connection.vendor != "sqlite":
        return
    text = (SQL / "sqlite.sql").read_text(encoding="utf-8")
    with schema_editor.connection.cursor() as cursor:
        for trigger in re.findall(r"CREATE TRIGGER.*?END;", text, re.DOTALL):
            cursor.execute(trigger)


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0002_no_overlap"),
        ("attendance", "0002_no_overlap"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="servicerecord",
            name="entry_reason",
            field=models.CharField(blank=True, default="", max_length=300),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checked_in_through", "entered"), _negated=True),
                    models.Q(("hours_kind", "honorary"), models.Q(("entry_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="service_record_entered_honorary",
            ),
        ),
        migrations.RunPython(install_again, migrations.RunPython.noop),
    ]
