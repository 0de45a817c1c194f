"""Indexes that every booking had to write and no query read: those for searching keys by their beginning, on PostgreSQL."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_bookings_refused_by_answer")]
    operations = [
        migrations.RunSQL("DROP INDEX IF EXISTS ledger_transfer_key_451b4b01_like", migrations.RunSQL.noop),
        migrations.RunSQL("DROP INDEX IF EXISTS ledger_hold_key_cb71ccd9_like", migrations.RunSQL.noop),
    ]
