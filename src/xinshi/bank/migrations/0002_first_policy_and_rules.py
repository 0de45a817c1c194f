"""The first policy (national star thresholds) is in force from the start; deposits can never be changed."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from django.db import migrations
from django.utils import timezone

SQL = Path(__file__).resolve().parent.parent / "sql"


def install(apps, schema_editor):
    apps.get_model("bank", "PolicyVersion").objects.create(
        number=1,
        effective_from=date(2020, 1, 1),
        star_thresholds_minutes=[6_000, 18_000, 36_000, 60_000, 90_000],
        approval_levels=1,
        proposed_by_ref="system:migration",
        proposed_at=timezone.now(),
        enforced_by_ref="system:migration",
        enforced_at=timezone.now(),
    )
    text = (SQL / f"{schema_editor.connection.vendor}.sql").read_text(encoding="utf-8")
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(text)
            return
        for trigger in re.findall(r"CREATE TRIGGER.*?END;", text, re.DOTALL):
            cursor.execute(trigger)


class Migration(migrations.Migration):
    dependencies = [("bank", "0001_initial"), ("ledger", "0002_rules_of_the_book")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
