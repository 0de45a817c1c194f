"""What was learned and answered is written once: the database refuses to change or delete it."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("training", "0002_sessions_certificates")]

    operations = [
        append_only("lesson_done"),
        append_only("quiz_try"),
        append_only("quiz_result"),
        append_only("quiz_answer"),
    ]
