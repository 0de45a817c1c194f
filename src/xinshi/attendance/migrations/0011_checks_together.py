"""A check-in does not have PostgreSQL read twenty conditions anew (ADR 0020)."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.checks import checks_together


class Migration(migrations.Migration):
    dependencies = [("attendance", "0010_no_empty_keys")]
    operations = [checks_together("service_record"), checks_together("presence_trace")]
