"""A check-in writes no index for the record that it does not replace and the deposit that it does not have yet (ADR 0013)."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.indexes import unique_where_filled


class Migration(migrations.Migration):
    dependencies = [("attendance", "0009_coming_by_number")]
    operations = [
        unique_where_filled("service_record", "replaces_id"),
        unique_where_filled("service_record", "deposit_id"),
    ]
