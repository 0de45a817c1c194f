"""Who signs up or comes in does not have PostgreSQL read seven conditions anew (ADR 0020)."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.checks import checks_together


class Migration(migrations.Migration):
    dependencies = [("activities", "0010_taking_in_one_statement")]
    operations = [checks_together("signup")]
