"""What people wrote in a request may be emptied when they are erased; the trail of who did what when stays as it was."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.append_only import words_may_go


class Migration(migrations.Migration):
    dependencies = [("appeals", "0002_disputed_notice")]
    operations = [
        words_may_go(
            "correction_event", words="text", stays=("id", "request_id", "at", "what", "actor_ref", "actor_role")
        )
    ]
