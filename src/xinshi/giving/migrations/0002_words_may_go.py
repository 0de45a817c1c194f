"""What a giver wrote to the receiver may be emptied when one of the two is erased; the gift itself stays as it was."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.append_only import words_may_go


class Migration(migrations.Migration):
    dependencies = [("giving", "0001_initial")]
    operations = [
        words_may_go(
            "gift",
            words="note",
            stays=(
                "id",
                "giver_id",
                "receiver_id",
                "relative_id",
                "minutes",
                "key",
                "policy_version_id",
                "given_on",
                "given_at",
                "given_by_ref",
            ),
        )
    ]
