"""A sign-up writes no index for somebody whose place it does not take, and a check-in leaves it in its page (ADR 0013)."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.indexes import pages_filled, unique_where_filled


class Migration(migrations.Migration):
    dependencies = [("activities", "0008_notes_on_activities")]
    operations = [
        unique_where_filled("signup", "stands_in_for_id"),
        pages_filled("signup", 85),
    ]
