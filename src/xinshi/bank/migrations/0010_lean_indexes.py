"""Indexes that every deposit had to write and no query read.

Nobody ranks passbooks by their hours alone. Without that index a deposit changes no indexed column of the passbook, and
PostgreSQL, given room in the page, leaves all its other indexes alone, too. The `_like` indexes are those that Django adds
on PostgreSQL for searching by the beginning of a text, which nobody does here.
"""

from __future__ import annotations

from django.db import migrations

PAGES_FILLED_PERCENT = 80


def leave_room(apps, schema_editor):  # noqa: ARG001  # Django's signature
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE passbook SET (fillfactor = {PAGES_FILLED_PERCENT})")


class Migration(migrations.Migration):
    dependencies = [("bank", "0009_erasing")]
    operations = [
        migrations.RemoveIndex(model_name="passbook", name="passbook_certified_rank"),
        migrations.RunSQL("DROP INDEX IF EXISTS deposit_source_ref_658fc2a8_like", migrations.RunSQL.noop),
        migrations.RunSQL("DROP INDEX IF EXISTS passbook_number_adc60b2c_like", migrations.RunSQL.noop),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
