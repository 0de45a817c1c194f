"""A shift without a role is no more; and the trigger against overlap knows the new states."""

import re
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"


def install_triggers(apps, schema_editor):  # noqa: ARG001  # Django's signature
    """Anew: SQLite drops triggers with the table that it rebuilds."""
    text = (SQL / f"{schema_editor.connection.vendor}.sql").read_text(encoding="utf-8")
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(text)
            return
        for statement in re.findall(r"DROP TRIGGER[^;]*;|CREATE TRIGGER.*?END;", text, re.DOTALL):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("activities", "0004_a_role_for_each_activity")]
    operations = [
        migrations.AlterField(
            model_name="shift",
            name="role",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to="activities.activityrole"
            ),
        ),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
