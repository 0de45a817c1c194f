"""The audit trail is never changed."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [append_only("audit_entry")]
