"""The desk counts the accounts that wait for a check; they are few among all passbooks."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bank", "0007_closing_and_merging"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="passbook",
            index=models.Index(condition=models.Q(("state", "pending")), fields=["person"], name="passbook_pending"),
        ),
    ]
